"""Whose an e-mail address is: what providers say of it, and what this site takes for shown.

An address counts as somebody's when allauth's row of it is verified, and by nothing else. Where an operator wrote it
into an account, `adopt` makes that row.
"""

from collections.abc import Iterable
from typing import Any

from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount, SocialLogin
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from django.db import IntegrityError, transaction

from accounts.admission import matches
from accounts.models import User

GOOGLE_MAIL = ("gmail.com", "googlemail.com")


class IssuerChangedError(OAuth2Error):
    """An operator gave a provider's name to another issuer, whose subject 42 is somebody else."""


def settle(login: SocialLogin) -> None:
    """Mark each address of an arriving person as verified or not, by what their provider really said.

    Raises OAuth2Error when the provider spoke of two different people (OpenID Connect Core §5.3.2), or when its name
    here stood for another issuer before: a subject is somebody only together with its issuer (§2).
    """
    sources = _claims(login.account.extra_data)
    subjects = {str(source["sub"]) for source in sources if "sub" in source}
    if len(subjects) > 1:
        raise OAuth2Error("The ID token and the user info are of different people.")
    before = SocialAccount.objects.filter(provider=login.account.provider, uid=login.account.uid).first()
    if before is not None and len(_issuers(sources) | _issuers(_claims(before.extra_data))) > 1:
        raise IssuerChangedError("This account was linked at another issuer of the same name.")
    app_settings = login.provider.app.settings if login.provider.app else {}
    trusted = app_settings.get("verified_domains", [])
    for address in login.email_addresses:
        said = [_yes(address.verified)] if address.verified else []
        said += [_yes(source["email_verified"]) for source in sources if _is_about(source, address.email)]
        if said:
            # One "no" is enough: "false" comes as a word from some providers, and allauth takes any word for yes.
            address.verified = all(said)
        else:
            host = address.email.rpartition("@")[2].lower()
            address.verified = any(matches(host, domain) for domain in trusted)
        if not _is_plain(sources):
            address.verified = False
        if login.provider.id == "google" and not _is_googles(address.email, sources):
            address.verified = False


def _claims(data: Any) -> list[dict[str, Any]]:
    """What the provider said, from the user info and the ID token where it has both."""
    if not isinstance(data, dict):
        return []
    parts = [data.get("userinfo"), data.get("id_token")]
    return [part for part in parts if isinstance(part, dict)] or [data]


def _issuers(sources: Iterable[dict[str, Any]]) -> set[str]:
    return {str(source["iss"]) for source in sources if "iss" in source}


def _is_about(source: dict[str, Any], email: str) -> bool:
    return "email_verified" in source and str(source.get("email", email)).lower() == email.lower()


def _is_plain(sources: Iterable[dict[str, Any]]) -> bool:
    """Whether the provider wrote the address in ASCII.

    allauth puts addresses in lower case, which makes a k of the sign for kelvin: another's mailbox would pass for
    this one (Unicode TR 36 §2).
    """
    return all(str(source.get("email", "")).isascii() for source in sources)


def _yes(said: object) -> bool:
    return said is True or said == "true"


def _is_googles(email: str, sources: Iterable[dict[str, Any]]) -> bool:
    """Whether Google runs the mailbox, or knows the organization that does.

    Of any other address it knows only that it was the person's once; they may have left since
    (Google, "Verify the Google ID token", on `hd`).
    """
    return email.rpartition("@")[2].lower() in GOOGLE_MAIL or any(source.get("hd") for source in sources)


def proved(login: SocialLogin) -> list[str]:
    """The addresses that the provider vouches for, in lower case."""
    return [address.email.lower() for address in login.email_addresses if address.verified]


def keep_proved(login: SocialLogin) -> None:
    """Forget the addresses that the provider does not vouch for, so that no account is made with them."""
    login.email_addresses = [address for address in login.email_addresses if address.verified]
    user: Any = login.user
    user.email = login.email_addresses[0].email if login.email_addresses else ""


def owner(email: str) -> User | None:
    """The one user whose address this was shown or said to be."""
    row = EmailAddress.objects.filter(email=email.lower(), verified=True).select_related("user").first()
    if row is not None:
        return row.user
    written_down = _without_rows(email)
    return written_down[0] if len(written_down) == 1 else None


def is_taken(emails: Iterable[str]) -> bool:
    """Whether one of these addresses is that of a user."""
    return any(
        EmailAddress.objects.filter(email=email.lower(), verified=True).exists() or _without_rows(email)
        for email in emails
    )


def release(emails: Iterable[str]) -> None:
    """Take these addresses from whoever claimed one without showing that it is theirs: their owner has come."""
    for claim in EmailAddress.objects.filter(email__in=[email.lower() for email in emails], verified=False):
        claim.remove()


def adopt(user: User) -> None:
    """Take an address that an operator wrote into an account for verified.

    Only operators write one there without a row: sign-up makes the row in the same transaction.
    """
    if not user.email or EmailAddress.objects.filter(user=user).exists() or owner(user.email) != user:
        return
    try:
        with transaction.atomic():
            EmailAddress.objects.create(user=user, email=user.email.lower(), verified=True, primary=True)
    except IntegrityError:
        # Somebody else was faster; the address is settled.
        return


def replace(user: User, former: str) -> None:
    """After an operator changed a user's address: the former one opens this account no more."""
    rows = EmailAddress.objects.filter(user=user)
    rows.filter(email=former.lower()).delete()
    rows.update(primary=False)
    if user.email and not EmailAddress.objects.filter(email=user.email.lower(), verified=True).exclude(user=user):
        rows.update_or_create(user=user, email=user.email.lower(), defaults={"verified": True, "primary": True})


def _without_rows(email: str) -> list[User]:
    found = User.objects.filter(email__iexact=email).exclude(pk__in=EmailAddress.objects.values("user"))
    # Databases differ in which letters they take for the same.
    return [user for user in found if user.email.lower() == email.lower()]
