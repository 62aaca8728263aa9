"""The providers whose accounts can be linked for tools, as far as allauth and this site's settings know them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.providers.oauth2.provider import OAuth2Provider

from accounts.upstream.conf import conf

CONSENT_PARAMETERS: Mapping[str, Mapping[str, str]] = {
    # Google gives a refresh token only when it is asked so, and only after the user agreed anew.
    "google": {"access_type": "offline", "prompt": "consent"},
    "microsoft": {"prompt": "select_account"},
    # GitHub has neither parameter; its tokens live on, or come with a refresh token where the app says so.
    "github": {},
    # OpenID Connect Core §11: offline access needs prompt=consent.
    "openid_connect": {"prompt": "consent"},
}


ENDPOINT_ERRORS = (OSError, ValueError, KeyError, AttributeError, TypeError)
"""What allauth lets through where an OpenID provider does not tell its endpoints: errors of requests, which are
OSErrors, and those of taking apart a document that is none."""


@dataclass(frozen=True, slots=True)
class UpstreamProvider:
    """A provider whose accounts can be linked here."""

    id: str
    """As tools name it: `github`, `google`, `microsoft`, or the id of an OpenID Connect provider."""
    name: str
    kind: str
    """allauth's name of its protocol."""
    api_url: str
    scopes: tuple[str, ...]
    """All that linking asks for, sign-in's scopes included."""

    @property
    def parameters(self) -> Mapping[str, str]:
        """Further parameters of the authorization request."""
        return CONSENT_PARAMETERS.get(self.kind, {})


def upstream_providers() -> list[UpstreamProvider]:
    """Every provider that is switched on and has an API for tools. Asks the database, where apps can be kept too."""
    return list(_known())


def find_provider(provider_id: str) -> UpstreamProvider | None:
    """The provider of that id, or None when this site does not have it."""
    return next((provider for provider in _known() if provider.id == provider_id), None)


def allauth_provider(provider_id: str, request: Any = None) -> OAuth2Provider:
    """allauth's side of it, which knows the endpoints and this site's credentials there."""
    provider: OAuth2Provider = get_adapter().get_provider(request, provider=provider_id)
    return provider


def _known() -> Iterator[UpstreamProvider]:
    adapter: Any = get_adapter()
    for provider in adapter.list_providers(None):
        if not isinstance(provider, OAuth2Provider) or provider.id not in CONSENT_PARAMETERS:
            continue
        api_url = conf().api_urls.get(provider.sub_id, "")
        if api_url:
            extra = conf().scopes.get(provider.sub_id, ())
            scopes = tuple(dict.fromkeys([*provider.get_scope(), *extra]))
            yield UpstreamProvider(provider.sub_id, str(provider.name), provider.id, api_url, scopes)
