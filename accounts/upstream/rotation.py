"""Encrypts what is stored anew, with the key that is now the first."""

from accounts.models import UpstreamAccount
from accounts.upstream.vault import UnreadableError, reseal

ATTEMPTS = 5
"""For one row: a refresh may come between reading and writing."""


def rotate() -> tuple[int, int]:
    """How many accounts were encrypted anew, and how many no key opens."""
    done = unreadable = 0
    for pk in list(UpstreamAccount.objects.values_list("pk", flat=True)):
        try:
            done += _rotate(pk)
        except UnreadableError:
            unreadable += 1
    return done, unreadable


def _rotate(pk: int) -> bool:
    for _ in range(ATTEMPTS):
        account = UpstreamAccount.objects.filter(pk=pk).first()
        if account is None:
            return False
        sealed = reseal(account.sealed, account.user_id, account.provider)
        if UpstreamAccount.objects.filter(pk=pk, sealed=account.sealed).update(sealed=sealed):
            return True
    raise RuntimeError(f"Account {pk} changed {ATTEMPTS} times while it was encrypted anew.")
