"""Settings of this room, read in one place."""

from typing import Literal

from django.conf import settings

Policy = Literal["closed", "invited", "domains", "open"]
POLICIES: tuple[Policy, ...] = ("closed", "invited", "domains", "open")


def sign_up_policy() -> Policy:
    """Who may make an account; a word that is no policy closes sign-up."""
    policy = settings.SIGN_UP
    return policy if policy in POLICIES else "closed"


def sign_up_domains() -> list[str]:
    """Domains of SIGN_UP_DOMAINS in lower case; one that starts with a dot stands for its subdomains too."""
    return [domain.strip().lower() for domain in settings.SIGN_UP_DOMAINS]


def local_passwords() -> bool:
    """Whether people can sign in by a password of this site."""
    return bool(settings.LOCAL_PASSWORDS)


def sends_email() -> bool:
    """Whether mail leaves this site; pages offer nothing that needs it where it does not."""
    return not settings.EMAIL_BACKEND.endswith(".dummy.EmailBackend")


def local_sign_up() -> bool:
    """Whether people can make an account with a password here.

    Where only some addresses may, the address is proved by a code that is mailed to it: without mail, nobody can.
    """
    if not local_passwords() or sign_up_policy() == "closed":
        return False
    return sign_up_policy() == "open" or settings.ACCOUNT_EMAIL_VERIFICATION == "mandatory"


def provider_timeout() -> float:
    """Seconds that one call to an identity provider may take, from the first byte to the last."""
    return float(settings.SIGN_IN_TIMEOUT)


def site_title() -> str:
    """What this site is called, in mail and in an authenticator app."""
    return str(settings.MCP_ENDPOINTS["default"]["title"])
