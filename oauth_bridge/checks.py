"""System checks of the authorization server's settings."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core import checks

from oauth_bridge.conf import configuration

# Schemes that a browser runs or opens by itself: a "redirect" to one is an attack.
DANGEROUS_SCHEMES = {
    "http",
    "https",
    "javascript",
    "data",
    "file",
    "blob",
    "about",
    "ftp",
    "ws",
    "wss",
    "vbscript",
}


def register() -> None:
    """Make Django run these checks."""
    checks.register(loopback_documents_are_for_tests, checks.Tags.security)
    checks.register(redirect_schemes_are_safe, checks.Tags.security)
    checks.register(lifetimes_are_positive, checks.Tags.security)


def loopback_documents_are_for_tests(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[checks.CheckMessage]:
    """oauth_bridge.E001: a public server would fetch documents from its own machine."""
    conf = configuration()
    if conf.cimd_allow_loopback and conf.issuer.startswith("https:"):
        return [
            checks.Error(
                "OAUTH_BRIDGE_CIMD_ALLOW_LOOPBACK is on while PUBLIC_URL is https.",
                hint="It lets strangers make this server send requests to itself. Unset it.",
                id="oauth_bridge.E001",
            )
        ]
    return []


def redirect_schemes_are_safe(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[checks.CheckMessage]:
    """oauth_bridge.E002: a scheme on the list of applications is one that a browser handles itself."""
    if wrong := sorted(DANGEROUS_SCHEMES & set(configuration().redirect_schemes)):
        return [
            checks.Error(
                f"OAUTH_REDIRECT_SCHEMES has {', '.join(wrong)}, which is no application's own.",
                hint="List schemes that an installed application registered, such as cursor or vscode.",
                id="oauth_bridge.E002",
            )
        ]
    return []


def lifetimes_are_positive(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[checks.CheckMessage]:
    """oauth_bridge.E003: a lifetime is zero or negative, or one that may be zero is negative."""
    provider = settings.OAUTH2_PROVIDER
    names = {
        "OAUTH_CODE_SECONDS": provider["AUTHORIZATION_CODE_EXPIRE_SECONDS"],
        "OAUTH_ACCESS_TOKEN_SECONDS": provider["ACCESS_TOKEN_EXPIRE_SECONDS"],
        "OAUTH_REFRESH_TOKEN_SECONDS": provider["REFRESH_TOKEN_EXPIRE_SECONDS"],
        "OAUTH_REFRESH_GRACE": configuration().refresh_grace + 1,
        "OAUTH_REFRESH_ABSOLUTE_SECONDS": configuration().refresh_absolute + 1,
    }
    return [
        checks.Error(f"{name} is too small.", hint="Give it in seconds.", id="oauth_bridge.E003")
        for name, seconds in names.items()
        if seconds <= 0
    ]
