"""Settings of upstream accounts, read once and typed. Each has a line in docs/settings.md."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from urllib.parse import urlsplit

from django.conf import settings
from django.core.signals import setting_changed

GITHUB_API = "https://api.github.com"
KNOWN_APIS = {
    "google": "https://www.googleapis.com",
    "microsoft": "https://graph.microsoft.com",
}
LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Conf:
    """Values of the settings."""

    public_url: str
    keys: tuple[str, ...] = field(repr=False)
    """Secrets that seal tokens: the first seals, all open."""
    api_urls: Mapping[str, str]
    """Base URL of the API that each provider's tokens are for, without a trailing slash."""
    scopes: Mapping[str, tuple[str, ...]]
    """What is asked of each provider for tools, beyond what sign-in asks."""


@cache
def conf() -> Conf:
    """The settings in force."""
    return Conf(
        public_url=settings.PUBLIC_URL,
        # The site's own key comes last even where others are set: what it sealed before can still be opened.
        keys=(*settings.UPSTREAM_KEYS, settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS),
        api_urls={name: url.rstrip("/") for name, url in _api_urls().items() if url},
        scopes={name: tuple(scopes) for name, scopes in settings.UPSTREAM_SCOPES.items()},
    )


def is_safe(url: str) -> bool:
    """Whether a token may travel to this URL: https, or http on this machine."""
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)


def _api_urls() -> dict[str, str]:
    enterprise = settings.SOCIALACCOUNT_PROVIDERS.get("github", {}).get("GITHUB_URL", "").rstrip("/")
    github = f"{enterprise}/api/v3" if enterprise else GITHUB_API  # as allauth takes it
    return {"github": github, **KNOWN_APIS, **settings.UPSTREAM_API_URLS}


def _forget(**_: object) -> None:
    conf.cache_clear()


setting_changed.connect(_forget, dispatch_uid="accounts.upstream.conf")
