"""The access token of a linked account, refreshed in time, by one process at once.

A lease in the account's row holds over all processes; it is taken and given back by one conditional UPDATE each, so
that no transaction is open while the provider is asked.
"""

import hmac
import logging
import secrets
import time
from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from accounts.models import UpstreamAccount
from accounts.upstream import token_requests
from accounts.upstream.token_requests import GrantRefusedError, ProviderUnavailableError
from accounts.upstream.vault import Tokens, UnreadableError, seal, unseal

logger = logging.getLogger(__name__)

MARGIN = timedelta(seconds=60)
"""So long before its end a token is refreshed; a tenth of its life when that is less."""
LEASE = timedelta(seconds=40)
"""Longer than a refresh can take: after it, somebody else may try."""
PATIENCE = 45.0
"""Seconds that a caller waits for somebody else's refresh."""
PAUSE = 0.1
"""Seconds between two looks whether somebody else is done."""


class LinkNeededError(Exception):
    """The user has no account of this provider linked, or one that the provider refuses."""


@sensitive_variables()
def current_token(user_id: Any, provider: str, refused: str = "") -> str | None:
    """The access token as it is, with one query; None when it must be refreshed first.

    `refused` is a token that the provider's API did not take. Raises LinkNeededError.
    """
    account, tokens = _load(user_id, provider)
    return None if _is_stale(account, tokens, refused) else tokens.access


@sensitive_variables()
def fresh_token(user_id: Any, provider: str, refused: str = "") -> str:
    """The access token, refreshed if it has to be; callers at once refresh it once.

    Raises LinkNeededError, and ProviderUnavailableError when it cannot be refreshed now.
    """
    until = time.monotonic() + PATIENCE
    while True:
        account, tokens = _load(user_id, provider)
        if not _is_stale(account, tokens, refused):
            return tokens.access
        if not tokens.refresh:
            if not _is_over(account) and not _same(tokens.access, refused):
                return tokens.access
            _break(account)
            raise LinkNeededError
        lease = _take_lease(account)
        if lease:
            return _refresh(account, tokens, lease, refused)
        if time.monotonic() > until:
            raise ProviderUnavailableError
        time.sleep(PAUSE)


def is_linked(user_id: Any, provider: str) -> bool:
    """Whether the user has an account of this provider linked that is not known to be broken."""
    try:
        _load(user_id, provider)
    except LinkNeededError:
        return False
    return True


@sensitive_variables()
def _refresh(account: UpstreamAccount, tokens: Tokens, lease: str, refused: str) -> str:
    held = UpstreamAccount.objects.filter(pk=account.pk, lease=lease)
    try:
        grant = token_requests.refresh(account.provider, tokens)
    except GrantRefusedError:
        logger.warning("%s refuses to refresh account %d: its user has to link it again", account.provider, account.pk)
        held.update(broken_at=timezone.now(), lease="", lease_until=None)
        raise LinkNeededError from None
    except BaseException as error:
        held.update(lease="", lease_until=None)
        still_good = not _is_over(account) and not _same(tokens.access, refused)
        if isinstance(error, ProviderUnavailableError) and still_good:
            return tokens.access
        raise
    kept = held.update(
        sealed=seal(grant.tokens, account.user_id, account.provider),
        expires_at=grant.expires_at,
        refreshed_at=timezone.now(),
        lease="",
        lease_until=None,
    )
    if not kept:  # unlinked, or linked anew, while the provider was asked: nobody may use what it gave
        token_requests.revoke(account.provider, grant.tokens)
        return fresh_token(account.user_id, account.provider)
    logger.info("refreshed account %d at %s", account.pk, account.provider)
    return grant.tokens.access


def _load(user_id: Any, provider: str) -> tuple[UpstreamAccount, Tokens]:
    account = UpstreamAccount.objects.filter(user_id=user_id, provider=provider).first()
    if account is None or account.broken_at is not None:
        raise LinkNeededError
    try:
        return account, unseal(account.sealed, user_id, provider)
    except UnreadableError:
        logger.error("no key opens account %d at %s: was a key dropped too early?", account.pk, provider)
        raise LinkNeededError from None


def _is_stale(account: UpstreamAccount, tokens: Tokens, refused: str) -> bool:
    if _same(tokens.access, refused):
        return True
    if account.expires_at is None:
        return False
    life = account.expires_at - (account.refreshed_at or account.linked_at)
    return timezone.now() >= account.expires_at - min(MARGIN, life / 10)


def _is_over(account: UpstreamAccount) -> bool:
    return account.expires_at is not None and timezone.now() >= account.expires_at


def _same(token: str, refused: str) -> bool:
    return bool(refused) and hmac.compare_digest(token.encode(), refused.encode())


def _take_lease(account: UpstreamAccount) -> str:
    """A lease on the account as it was read, or nothing when somebody else has it or has just used it."""
    now, lease = timezone.now(), secrets.token_hex(16)
    free = Q(lease_until=None) | Q(lease_until__lte=now)
    unchanged = UpstreamAccount.objects.filter(free, pk=account.pk, sealed=account.sealed, broken_at=None)
    return lease if unchanged.update(lease=lease, lease_until=now + LEASE) else ""


def _break(account: UpstreamAccount) -> None:
    UpstreamAccount.objects.filter(pk=account.pk, sealed=account.sealed).update(broken_at=timezone.now())
