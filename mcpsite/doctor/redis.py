"""Whether every Redis that the settings name can be reached, and lets this site in."""

import socket
import ssl
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import unquote, urlsplit

from django.conf import settings

from mcpsite.doctor.findings import Finding

SECONDS = 3


def urls() -> list[str]:
    """Every Redis that the settings name: of caches, of the channel layer, and REDIS_URL."""
    named: list[Any] = [getattr(settings, "REDIS_URL", "")]
    for cache in settings.CACHES.values():
        location = cache.get("LOCATION", "")
        named += location if isinstance(location, list | tuple) else [location]
    layers: dict[str, Any] = settings.CHANNEL_LAYERS
    for layer in layers.values():
        for host in layer.get("CONFIG", {}).get("hosts", []):
            named.append(host.get("address", "") if isinstance(host, dict) else host)
    named = [f"redis://{host[0]}:{host[1]}" if isinstance(host, tuple | list) else str(host) for host in named]
    return list(dict.fromkeys(url for url in named if url.startswith(("redis://", "rediss://"))))


def examine(urls: Sequence[str]) -> Iterator[Finding]:
    """Whether each of them answers."""
    for url in urls:
        parts = urlsplit(url)
        # Without the password that may stand before it.
        asked = f"Redis at {parts.hostname}:{parts.port or 6379}"
        try:
            reply = _ping(url)
        except OSError as error:
            yield _no_redis(asked, f"cannot be reached ({error.strerror or type(error).__name__})")
            continue
        if reply.startswith(b"+PONG"):
            yield Finding("ok", "redis", asked, "it answers")
        else:
            yield _no_redis(asked, f"refuses: {reply.decode('latin-1').strip()[:80]}")


def _no_redis(asked: str, got: str) -> Finding:
    return Finding(
        "failure",
        "redis",
        asked,
        got,
        means="Sessions, event streams and revocations do not reach the other processes; requests may fail.",
        mend="Start it, and see that REDIS_URL names it, with its password.",
    )


def _ping(url: str) -> bytes:
    """Redis's reply to PING, in its own protocol, so that no client library is needed; raises OSError."""
    parts = urlsplit(url)
    host = parts.hostname or "localhost"
    with socket.create_connection((host, parts.port or 6379), timeout=SECONDS) as plain:
        link = plain
        if parts.scheme == "rediss":
            link = ssl.create_default_context().wrap_socket(plain, server_hostname=host)
        if parts.password:
            user = [unquote(parts.username)] if parts.username else []
            link.sendall(_command("AUTH", *user, unquote(parts.password)))
            if not (reply := link.recv(1024)).startswith(b"+OK"):
                return reply
        link.sendall(_command("PING"))
        return link.recv(1024)


def _command(*words: str) -> bytes:
    parts = [word.encode() for word in words]
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)
