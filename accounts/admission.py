"""Who may make an account: the sign-up policy, the same for every way in."""

from collections.abc import Iterable
from enum import StrEnum

from accounts.conf import sign_up_domains, sign_up_policy
from accounts.models import Invitation


class Refusal(StrEnum):
    """Why somebody may not make an account; pages have a sentence for each."""

    CLOSED = "closed"
    NO_ADDRESS = "no-address"
    UNVERIFIED = "unverified"
    NOT_INVITED = "not-invited"
    OTHER_DOMAIN = "other-domain"


def refusal(verified: Iterable[str], unverified: Iterable[str] = ()) -> Refusal | None:
    """Why the owner of these addresses may not make an account; None when they may.

    Only an address that was shown to be theirs lets anybody in. Those that were not only make the answer clearer.
    """
    policy = sign_up_policy()
    if policy == "open":
        return None
    if policy == "closed":
        return Refusal.CLOSED
    proved = [address.lower() for address in verified]
    if not proved:
        return Refusal.UNVERIFIED if list(unverified) else Refusal.NO_ADDRESS
    if Invitation.objects.open().filter(email__in=proved).exists():
        return None
    if policy == "invited":
        return Refusal.NOT_INVITED
    return None if any(is_let_in(address) for address in proved) else Refusal.OTHER_DOMAIN


def is_let_in(address: str) -> bool:
    """Whether the address is of a domain that may sign up."""
    host = address.rpartition("@")[2].lower()
    return any(matches(host, domain) for domain in sign_up_domains())


def matches(host: str, domain: str) -> bool:
    """Whether a host is that domain, or one of its subdomains where it starts with a dot."""
    return host == domain.removeprefix(".") or (domain.startswith(".") and host.endswith(domain))
