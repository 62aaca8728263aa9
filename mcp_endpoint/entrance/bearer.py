"""Who calls: the bearer token of a request, checked, and the challenges for those that lack one or a scope.

A token of this site that was checked a moment ago is not looked up again, where every change that matters to it is
heard of (see `near_cache`). Whatever else `MCP_AUTHENTICATOR` names is asked each time: who knows what changes there.
"""

import time
from collections.abc import Iterable, Mapping
from typing import Any

from mcp_types import INVALID_REQUEST

from mcp_endpoint.conf import conf
from mcp_endpoint.endpoints import Endpoint
from mcp_endpoint.errors import HttpError
from mcp_endpoint.executor import run_at_gate
from mcp_endpoint.per_loop import PerLoop
from mcp_endpoint.state.hearing import announce_change
from mcp_endpoint.state.near_cache import NearCache
from oauth_bridge.bearer import LONGEST_TOKEN, BearerError, again, apart, verify
from oauth_bridge.digests import digest
from oauth_bridge.principal import Principal

KIND = "access_changed"


def _checked_tokens() -> NearCache[Principal]:
    return NearCache(KIND)


checked_tokens = PerLoop(_checked_tokens)
"""Callers by the digest of their token and the resource that it was checked for."""


async def authenticate(headers: Mapping[bytes, bytes], endpoint: Endpoint, path: str = "") -> Principal:
    """The verified caller; raises `HttpError` 401 with the challenge of RFC 9728 §5.1, or 400 when malformed.

    `path` is where the client knows the Endpoint from, when that is not the Endpoint's own.
    """
    token = _token(headers)
    try:
        if conf().authenticator is not verify or not token or len(token) > LONGEST_TOKEN:
            return await run_at_gate(conf().authenticator, token, endpoint.uri)
        checked, key = checked_tokens(), (digest(token), endpoint.uri)
        found = checked.get(key)
        if found is not None and time.time() < found.expires_at:
            return again(found)
        since = checked.begin()
        found = await run_at_gate(verify, token, endpoint.uri)
        if since is None:
            return found
        checked.keep(key, found, _made_from(found), since)
        return apart(found)
    except BearerError as error:
        status = 400 if error.code == "invalid_request" else 401
        challenge = _challenge(endpoint, endpoint.resource.default_scopes, error.code, error.description, path)
        raise HttpError(status, INVALID_REQUEST, error.description, (challenge,)) from error


def _made_from(principal: Principal) -> list[str]:
    return [
        f"connection:{principal.connection_id}",
        f"user:{principal.user.pk}",
        f"client:{principal.client_id}",
    ]


def on_access_changed(
    sender: object, connection_ids: frozenset[int], user_ids: frozenset[int], client_ids: frozenset[str], **_: Any
) -> None:
    """Receiver of `oauth_bridge.signals.access_changed`: look these up again, in every process."""
    about = [f"connection:{pk}" for pk in connection_ids]
    announce_change(KIND, [*about, *(f"user:{pk}" for pk in user_ids), *(f"client:{pk}" for pk in client_ids)])


def on_access_ended(sender: object, connection_ids: frozenset[int], **_: Any) -> None:
    """Receiver of `oauth_bridge.signals.access_ended`: the same of what these connections may do no more."""
    announce_change(KIND, [f"connection:{pk}" for pk in connection_ids])


def on_tools_changed(sender: object, user_id: int, **_: Any) -> None:
    """Receiver of `oauth_bridge.signals.tools_changed`: the same of what is held back from this user's connections."""
    announce_change(KIND, [f"user:{user_id}"])


def insufficient_scope(endpoint: Endpoint, principal: Principal, missing: Iterable[str], path: str = "") -> HttpError:
    """The 403 of RFC 6750 §3.1. It names what is needed and what was granted, for clients that ask for just that.

    Its body says the same, for clients that do not read the header.
    """
    needed, granted = sorted(missing), sorted(principal.scopes)
    message = f"This needs the scope {' '.join(needed)}"
    challenge = _challenge(endpoint, [*granted, *needed], "insufficient_scope", message, path)
    data = {"requiredScopes": needed, "grantedScopes": granted}
    return HttpError(403, INVALID_REQUEST, message, (challenge,), data)


def access_over(endpoint: Endpoint) -> HttpError:
    """The 401 of a call whose access ended while it ran; like every 401 it has a challenge (RFC 9110 §15.5.2)."""
    message = "Access to this server ended"
    challenge = _challenge(endpoint, endpoint.resource.default_scopes, "invalid_token", message)
    return HttpError(401, INVALID_REQUEST, message, (challenge,))


def _token(headers: Mapping[bytes, bytes]) -> str | None:
    """The token of the Authorization header, or None. One in the query or body is never looked at (OAuth 2.1 §5.2)."""
    scheme, _, token = headers.get(b"authorization", b"").partition(b" ")
    if scheme.lower() != b"bearer":
        return None
    return token.strip().decode("latin-1")


def _challenge(
    endpoint: Endpoint, scopes: Iterable[str], error: str | None, description: str, path: str = ""
) -> tuple[bytes, bytes]:
    parts = [
        f'resource_metadata="{endpoint.resource.metadata_url_at(path or endpoint.path)}"',
        f'scope="{" ".join(scopes)}"',
    ]
    if error is not None:
        parts = [f'error="{error}"', f'error_description="{_quotable(description)}"', *parts]
    return b"www-authenticate", ("Bearer " + ", ".join(parts)).encode("latin-1", "replace")


def _quotable(text: str) -> str:
    """Only the characters that RFC 6750 §3 has for a description; whatever else would end the quotes or the line."""
    return "".join(char if " " <= char <= "~" and char not in '"\\' else "?" for char in text)
