"""Sign-in with Google, GitHub, Microsoft or OpenID Connect providers: what the site's settings tell allauth.

A provider is on when its variables are set, off when none is, and a start with only some of them stops.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

LOOPBACK = ("localhost", "127.0.0.1", "::1")
SHARED_TENANTS = ("common", "organizations", "consumers")
"""Names under which Microsoft signs in people of any organization: none of them vouches for an address."""
WELL_KNOWN = "/.well-known/openid-configuration"
# They would be mistaken for each other where accounts are kept by the provider's name.
RESERVED = ("google", "github", "microsoft", "openid_connect", "oidc")
_NAME = re.compile(r"[a-z][a-z0-9-]{0,29}")


class Variables(Protocol):
    """Reads environment variables."""

    @property
    def str(self) -> Callable[..., Any]:
        """Text."""

    @property
    def bool(self) -> Callable[..., Any]:
        """A switch."""

    @property
    def list(self) -> Callable[..., Any]:
        """Texts between commas."""


@dataclass(frozen=True)
class Registration:
    """This site as a client of Google or GitHub."""

    client_id: str = ""
    secret: str = field(default="", repr=False)


@dataclass(frozen=True)
class MicrosoftRegistration(Registration):
    """This site as an application of Microsoft Entra."""

    tenant: str = "common"
    verified_domains: tuple[str, ...] = ()
    """Domains whose addresses count as verified: Microsoft itself says of none that it is."""


@dataclass(frozen=True)
class OpenIDRegistration(Registration):
    """This site as a client of an OpenID Connect provider."""

    issuer: str = ""
    name: str = "OpenID Connect"
    email_login: bool = False
    """Whether its word on a verified address signs in the user who has that address."""
    verified_domains: tuple[str, ...] = ()
    """Domains whose addresses count as verified where it says nothing (Entra)."""
    provider_id: str = "oidc"
    variables: str = "OIDC"
    """What the names of its variables begin with."""


def prefix_of(name: str) -> str:
    """What the names of a named provider's variables begin with: OIDC_OKTA for `okta`."""
    return f"OIDC_{name.upper().replace('-', '_')}"


def named_providers(variables: Variables, names: Iterable[str]) -> list[OpenIDRegistration]:
    """Registrations at the providers of OIDC_PROVIDERS, each by variables of its own: `okta` by OIDC_OKTA_ISSUER.

    Raises ImproperlyConfigured for a name that cannot be one, and for a provider that has not all of its variables.
    """
    found: dict[str, OpenIDRegistration] = {}
    for name in names:
        if not _NAME.fullmatch(name) or name in RESERVED:
            raise ImproperlyConfigured(
                f"OIDC_PROVIDERS has {name!r}: a name is made of small letters, digits and hyphens, begins with a "
                f"letter, and is none of {', '.join(RESERVED)}."
            )
        prefix = prefix_of(name)
        if prefix in found:
            raise ImproperlyConfigured(f"OIDC_PROVIDERS has {name!r} twice, or another name with its variables.")
        found[prefix] = OpenIDRegistration(
            client_id=variables.str(f"{prefix}_CLIENT_ID", default=""),
            secret=variables.str(f"{prefix}_CLIENT_SECRET", default=""),
            issuer=variables.str(f"{prefix}_ISSUER", default=""),
            name=variables.str(f"{prefix}_NAME", default="") or name.replace("-", " ").title(),
            email_login=variables.bool(f"{prefix}_EMAIL_LOGIN", default=False),
            verified_domains=tuple(variables.list(f"{prefix}_VERIFIED_DOMAINS", default=[])),
            provider_id=name,
            variables=prefix,
        )
        if not _is_complete(_required(found[prefix])):
            raise ImproperlyConfigured(f"OIDC_PROVIDERS has {name!r}, and {prefix}_ISSUER and the others are not set.")
    return list(found.values())


def social_providers(
    *,
    google: Registration = Registration(),
    github: Registration = Registration(),
    github_email_login: bool = False,
    microsoft: MicrosoftRegistration = MicrosoftRegistration(),
    oidc: Iterable[OpenIDRegistration] = (),
) -> dict[str, dict[str, Any]]:
    """Value of SOCIALACCOUNT_PROVIDERS: the providers that are switched on.

    Raises ImproperlyConfigured for one that has some of its variables, or wrong ones.
    """
    providers: dict[str, dict[str, Any]] = {}
    if _is_complete(_credentials("GOOGLE", google)):
        # It says which addresses it verified; a user who has that address is the same person.
        providers["google"] = _provider(_app(google), SCOPE=["openid", "email", "profile"], EMAIL_AUTHENTICATION=True)
    if _is_complete(_credentials("GITHUB", github)):
        # It verified an address once, perhaps long ago: the operator decides whether that is enough.
        scopes = ["read:user", "user:email"]
        providers["github"] = _provider(_app(github), SCOPE=scopes, EMAIL_AUTHENTICATION=github_email_login)
    if _is_complete(_credentials("MICROSOFT", microsoft)):
        providers["microsoft"] = _provider(_microsoft_app(microsoft), SCOPE=["User.Read"])
    apps = [_openid_app(registration) for registration in oidc if _is_complete(_required(registration))]
    if apps:
        providers["openid_connect"] = _provider(*apps)
    return providers


def _required(registration: OpenIDRegistration) -> dict[str, str]:
    prefix = registration.variables
    return {f"{prefix}_ISSUER": registration.issuer, **_credentials(prefix, registration)}


def _credentials(prefix: str, registration: Registration) -> dict[str, str]:
    return {f"{prefix}_CLIENT_ID": registration.client_id, f"{prefix}_CLIENT_SECRET": registration.secret}


def _is_complete(required: Mapping[str, str]) -> bool:
    """Whether all is there that a provider needs; raises ImproperlyConfigured when only some of it is."""
    missing = [name for name, value in required.items() if not value.strip()]
    if missing and len(missing) < len(required):
        there = next(name for name in required if name not in missing)
        raise ImproperlyConfigured(
            f"{there} is set and {' and '.join(missing)} is not: set all of {', '.join(required)} to switch this "
            "provider on, or none of them."
        )
    return not missing


def _app(registration: Registration, **more: Any) -> dict[str, Any]:
    return {"client_id": registration.client_id.strip(), "secret": registration.secret.strip(), **more}


def _microsoft_app(registration: MicrosoftRegistration) -> dict[str, Any]:
    tenant = registration.tenant.strip()
    if not re.fullmatch(r"[A-Za-z0-9.-]+", tenant):
        raise ImproperlyConfigured("MICROSOFT_TENANT must be the ID or a domain of your organization, or common.")
    if registration.verified_domains and tenant.lower() in SHARED_TENANTS:
        raise ImproperlyConfigured(
            "MICROSOFT_VERIFIED_DOMAINS needs MICROSOFT_TENANT to be your own: anybody can give themselves any address "
            "in an organization of theirs."
        )
    trusted = _domains(registration.verified_domains)
    return _app(
        registration, settings={"tenant": tenant, "email_authentication": bool(trusted), "verified_domains": trusted}
    )


def _openid_app(registration: OpenIDRegistration) -> dict[str, Any]:
    settings = {
        "server_url": _issuer(registration),
        "email_authentication": registration.email_login,
        "verified_domains": _domains(registration.verified_domains),
    }
    return _app(registration, provider_id=registration.provider_id, name=registration.name, settings=settings)


def _issuer(registration: OpenIDRegistration) -> str:
    """The issuer without a slash at its end; raises ImproperlyConfigured for what is none (OIDC Discovery §2)."""
    name, issuer = f"{registration.variables}_ISSUER", registration.issuer.strip().removesuffix(WELL_KNOWN).rstrip("/")
    try:
        parts = urlsplit(issuer)
    except ValueError:
        raise ImproperlyConfigured(f"{name} is not a URL.") from None
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
    if not parts.hostname or not is_safe or parts.query or parts.fragment or parts.username is not None:
        raise ImproperlyConfigured(f"{name} must be the provider's issuer, an https URL without ? and #: {issuer!r}.")
    if parts.hostname == "login.microsoftonline.com" and parts.path.split("/")[1] in SHARED_TENANTS:
        raise ImproperlyConfigured(
            f"{name} names no organization: write your tenant's ID in it, or use MICROSOFT_CLIENT_ID for anybody."
        )
    return issuer


def _domains(domains: Iterable[str]) -> list[str]:
    return [domain.strip().lower() for domain in domains if domain.strip()]


def _provider(*apps: dict[str, Any], **options: Any) -> dict[str, Any]:
    return {"APPS": list(apps), "OAUTH_PKCE_ENABLED": True, **options}
