"""Refuses what must not reach authentication: foreign Hosts and Origins. Answers CORS preflights."""

from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import urlsplit

from django.http.request import split_domain_port, validate_host
from mcp_types import INVALID_REQUEST

from mcp_endpoint.conf import conf
from mcp_endpoint.errors import HttpError
from mcp_endpoint.wire import Headers

LOOPBACK = ("localhost", "127.0.0.1", "::1")
ALLOWED_HEADERS = (
    b"authorization, content-type, accept, last-event-id, mcp-protocol-version, mcp-session-id, mcp-method, mcp-name"
)
EXPOSED_HEADERS = b"www-authenticate, mcp-session-id, retry-after"


def check_host(headers: Mapping[bytes, bytes]) -> None:
    """Raise `HttpError` 403 for a Host that is not this server's: the defence against DNS rebinding."""
    if not _is_ours(headers.get(b"host", b""), conf().allowed_hosts):
        raise HttpError(403, INVALID_REQUEST, "This server does not answer for that Host")


@lru_cache(maxsize=256)
def _is_ours(host: bytes, allowed: tuple[str, ...]) -> bool:
    domain, _ = split_domain_port(host.decode("latin-1"))
    return bool(domain) and validate_host(domain, allowed)


def check_origin(headers: Mapping[bytes, bytes]) -> str | None:
    """The request's Origin, None when there is none; raises `HttpError` 403 for a foreign one.

    MCP 2026-07-28 basic/transports/streamable-http: a present and invalid Origin MUST get 403. Pages of this site, of
    `MCP_ALLOWED_ORIGINS` and of this machine's loopback (MCP Inspector) are ours.
    """
    value = headers.get(b"origin")
    if value is None:
        return None
    origin = value.decode("latin-1")
    if origin == conf().origin or origin in conf().allowed_origins or _is_loopback(origin):
        return origin
    raise HttpError(403, INVALID_REQUEST, "This server does not answer pages of that Origin")


def cors_headers(origin: str | None) -> Headers:
    """What lets a page of an allowed Origin read the answer. Never with credentials: the bearer token is explicit."""
    if origin is None:
        return ()
    return (
        (b"access-control-allow-origin", origin.encode("latin-1")),
        (b"access-control-expose-headers", EXPOSED_HEADERS),
        (b"vary", b"Origin"),
    )


def preflight_headers(headers: Mapping[bytes, bytes]) -> Headers:
    """The answer to a preflight: our headers, and any `Mcp-Param-*` that the page means to send."""
    asked = headers.get(b"access-control-request-headers", b"").lower().replace(b" ", b"").split(b",")
    mirrored = [name for name in asked if name.startswith(b"mcp-param-") and name.replace(b"-", b"").isalnum()]
    return (
        (b"access-control-allow-methods", b"GET, POST, DELETE, OPTIONS"),
        (b"access-control-allow-headers", b", ".join([ALLOWED_HEADERS, *mirrored])),
        (b"access-control-max-age", b"86400"),
    )


def _is_loopback(origin: str) -> bool:
    """Whether this is an Origin of this machine, and nothing more than one (RFC 6454 §7): it is echoed."""
    try:
        parts = urlsplit(origin)
        whole = origin == f"{parts.scheme}://{parts.netloc}" and "@" not in parts.netloc
        return whole and parts.scheme in ("http", "https") and parts.hostname in LOOPBACK
    except ValueError:
        return False
