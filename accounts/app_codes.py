"""Codes of authenticator apps: each is taken once, and none that is older (RFC 6238 §5.2).

allauth remembers a used code in the cache, for one period and not at all when it is set up. Here the database does:
it is the same for all processes, outlives them, and of two requests with one code lets a single one win.
"""

from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time

from accounts.models import LastCode, User


def use(user: User, secret: str, code: str) -> bool:
    """Take a code of the app that has this secret; False when it is none of now, or was used, or a newer one was."""
    return any(_take(user, period) for period in yield_hotp_counters_from_time() if _is_of(secret, period, code))


def _is_of(secret: str, period: int, code: str) -> bool:
    return bool(compare_user_code(actual=code, expected=format_hotp_value(hotp_value(secret, period))))


def _take(user: User, period: int) -> bool:
    # The row is there afterwards, whoever made it; the one statement after it decides.
    LastCode.objects.bulk_create([LastCode(user=user, period=0)], ignore_conflicts=True)
    return LastCode.objects.filter(user=user, period__lt=period).update(period=period) == 1
