"""Requests to a provider's token endpoints: refresh (RFC 6749 §6) and revocation (RFC 7009)."""

import json
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

import httpx2
from allauth.socialaccount.providers.oauth2.provider import OAuth2Provider
from django.core.exceptions import ObjectDoesNotExist
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from accounts.upstream.conf import conf, is_safe
from accounts.upstream.providers import ENDPOINT_ERRORS, allauth_provider
from accounts.upstream.vault import Tokens

logger = logging.getLogger(__name__)

TIMEOUT = httpx2.Timeout(8, connect=4)
LONGEST = 15.0
"""Seconds that one request may take in all; a lease outlives it."""
LARGEST = 65_536
"""Bytes of a token response."""
# GitHub has a word of its own, and answers it with status 200.
REFUSALS = ("invalid_grant", "bad_refresh_token")
GOOGLE_REVOCATION = "https://oauth2.googleapis.com/revoke"


class GrantRefusedError(Exception):
    """The provider will not refresh this account any more: the user has to agree again."""


class ProviderUnavailableError(Exception):
    """The provider did not answer, or answered what nobody can use; later it may."""


@dataclass(frozen=True)
class Grant:
    """A token response."""

    tokens: Tokens = field(repr=False)
    expires_at: datetime | None


@sensitive_variables()
def refresh(provider_id: str, tokens: Tokens) -> Grant:
    """New tokens for an account. Raises GrantRefusedError and ProviderUnavailableError."""
    provider, adapter = _sides(provider_id)
    form = {"grant_type": "refresh_token", "refresh_token": tokens.refresh}
    auth = None
    if adapter.basic_auth:
        auth = httpx2.BasicAuth(provider.app.client_id, provider.app.secret)
    else:
        form |= {"client_id": provider.app.client_id, "client_secret": provider.app.secret}
    status, answer = _send("POST", adapter.access_token_url, data=form, auth=auth)
    access = answer.get("access_token")
    if status < 300 and isinstance(access, str) and access:
        renewed = answer.get("refresh_token")
        kept = renewed if isinstance(renewed, str) and renewed else tokens.refresh
        return Grant(Tokens(access, kept), _expiry(answer.get("expires_in")))
    code = str(answer.get("error", ""))[:60]
    if code in REFUSALS:
        raise GrantRefusedError
    logger.error("%s refused to refresh an account: status %d, error %r", provider_id, status, code)
    raise ProviderUnavailableError


@sensitive_variables()
def revoke(provider_id: str, tokens: Tokens) -> bool:
    """Give the tokens back where the provider takes them; whether it did. Never raises for what the provider does."""
    try:
        provider, adapter = _sides(provider_id)
        app = provider.app
        auth = httpx2.BasicAuth(app.client_id, app.secret)
        if provider.id == "github":
            url = f"{conf().api_urls['github']}/applications/{app.client_id}/token"
            body = json.dumps({"access_token": tokens.access})
            headers = {"Content-Type": "application/json"}
            return _send("DELETE", url, content=body, headers=headers, auth=auth)[0] < 300
        if provider.id == "google":
            return _send("POST", GOOGLE_REVOCATION, data={"token": tokens.refresh or tokens.access})[0] < 300
        if provider.id != "openid_connect" or not (endpoint := adapter.openid_config.get("revocation_endpoint")):
            return False
        done = [
            _send("POST", endpoint, data={"token": token, "token_type_hint": hint}, auth=auth)[0] < 300
            for token, hint in ((tokens.refresh, "refresh_token"), (tokens.access, "access_token"))
            if token
        ]
        return all(done)
    except (ProviderUnavailableError, *ENDPOINT_ERRORS):
        logger.warning("%s did not take back an account's tokens", provider_id)
        return False


def _sides(provider_id: str) -> tuple[OAuth2Provider, Any]:
    """allauth's provider and adapter, with the endpoints at hand. Raises ProviderUnavailableError."""
    try:
        provider = allauth_provider(provider_id)
        adapter: Any = cast(Any, provider).get_oauth2_adapter(None)
        _ = adapter.access_token_url  # an OpenID provider's is asked for over the network
    except ObjectDoesNotExist:
        logger.warning("%s has linked accounts and is not set up any more", provider_id)
        raise ProviderUnavailableError from None
    except ENDPOINT_ERRORS:
        logger.warning("%s does not tell its endpoints", provider_id)
        raise ProviderUnavailableError from None
    return provider, adapter


@sensitive_variables()
def _send(
    method: str,
    url: str,
    *,
    data: Mapping[str, str] | None = None,
    content: str | None = None,
    headers: Mapping[str, str] | None = None,
    auth: httpx2.BasicAuth | None = None,
) -> tuple[int, dict[str, Any]]:
    """Status and JSON of a response, an empty object when it has none. Raises ProviderUnavailableError."""
    if not is_safe(url):
        raise ProviderUnavailableError  # secrets do not travel in clear
    until = time.monotonic() + LONGEST
    sent = {"Accept": "application/json", **(headers or {})}
    try:
        with (
            httpx2.Client(timeout=TIMEOUT) as client,
            client.stream(method, url, data=data, content=content, headers=sent, auth=auth) as response,
        ):
            body = b""
            for chunk in response.iter_bytes():
                body += chunk
                if len(body) > LARGEST or time.monotonic() > until:
                    raise ProviderUnavailableError
    except httpx2.HTTPError as error:
        logger.warning("no answer from %s: %s", httpx2.URL(url).host, type(error).__name__)
        raise ProviderUnavailableError from None
    try:
        answer = json.loads(body)
    except ValueError:
        answer = {}
    return response.status_code, answer if isinstance(answer, dict) else {}


def _expiry(seconds: Any) -> datetime | None:
    try:
        return timezone.now() + timedelta(seconds=int(seconds)) if seconds else None
    except (TypeError, ValueError, OverflowError):
        return None
