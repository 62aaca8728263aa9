"""System checks of the public URL, from which the issuer, every resource and every link are made."""

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core import checks

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?|[0-9a-f:.]+", re.IGNORECASE)


def register() -> None:
    """Make Django run these checks."""
    checks.register(public_url_is_an_origin, checks.Tags.urls)
    checks.register(debug_stays_at_home, checks.Tags.security)
    checks.register(public_url_is_https, checks.Tags.security, deploy=True)
    checks.register(redis_answers, checks.Tags.caches, deploy=True)
    checks.register(processes_share_a_redis, checks.Tags.caches)


def origin_problem(url: str) -> str | None:
    """What keeps a URL from being an origin, in words; None when it is one.

    An issuer has no query or fragment (RFC 8414 §2); this site also wants no path, because clients that know no
    metadata look for /authorize, /token and /register at the root (MCP 2025-03-26, authorization).
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "it cannot be parsed"
    if parts.scheme not in ("http", "https"):
        return "it does not start with https:// or http://"
    if not parts.hostname or not _HOST.fullmatch(parts.hostname) or port == 0:
        return "it names no valid host"
    if parts.username is not None:
        return "it holds a user name"
    if parts.path or parts.query or parts.fragment:
        return "it has something behind the host"
    return None


def public_url_is_an_origin(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[checks.CheckMessage]:
    """mcpsite.E001: PUBLIC_URL is malformed or more than an origin."""
    if problem := origin_problem(settings.PUBLIC_URL):
        return [
            checks.Error(
                f"PUBLIC_URL is {settings.PUBLIC_URL!r}, which clients cannot use: {problem}.",
                hint="Set it to scheme and host alone, such as https://mcp.example.com.",
                id="mcpsite.E001",
            )
        ]
    return []


def debug_stays_at_home(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[checks.CheckMessage]:
    """mcpsite.E002: DEBUG shows settings and source to strangers."""
    if settings.DEBUG and not _is_loopback(settings.PUBLIC_URL):
        return [
            checks.Error(
                f"DEBUG is on while the site is public at {settings.PUBLIC_URL}.",
                hint="Set DEBUG=false.",
                id="mcpsite.E002",
            )
        ]
    return []


def public_url_is_https(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[checks.CheckMessage]:
    """mcpsite.E003 (deploy): tokens travel in clear; OAuth endpoints are https (OAuth 2.1 §1.5)."""
    if not settings.PUBLIC_URL.startswith("https://") and not settings.DEBUG:
        return [
            checks.Error(
                f"PUBLIC_URL is {settings.PUBLIC_URL}, so tokens and passwords travel unencrypted.",
                hint="Put the site behind TLS and set PUBLIC_URL to its https:// address.",
                id="mcpsite.E003",
            )
        ]
    return []


def redis_answers(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[checks.CheckMessage]:
    """mcpsite.E004 (deploy): REDIS_URL cannot be reached, or does not let this site in."""
    if not settings.REDIS_URL:
        return []
    from redis import Redis, RedisError  # only where there is one

    try:
        with Redis.from_url(settings.REDIS_URL, socket_connect_timeout=2, socket_timeout=2) as redis:
            redis.ping()
    except (RedisError, OSError) as error:
        return [
            checks.Error(
                f"The Redis of REDIS_URL does not answer ({type(error).__name__}): sign-in fails, and what is "
                "revoked in one process does not end streams in the others.",
                hint="Start it, or correct REDIS_URL, with its password.",
                id="mcpsite.E004",
            )
        ]
    return []


def processes_share_a_redis(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[checks.CheckMessage]:
    """mcpsite.W001: WEB_CONCURRENCY, which uvicorn obeys, starts several processes that share nothing."""
    if settings.WEB_CONCURRENCY > 1 and not settings.REDIS_URL:
        return [
            checks.Warning(
                f"WEB_CONCURRENCY starts {settings.WEB_CONCURRENCY} processes that do not hear each other: a session "
                "of one is unknown in the others, and what is revoked in one does not end streams in the others.",
                hint="Set REDIS_URL, or run one process. Clients without sessions are served well all the same.",
                id="mcpsite.W001",
            )
        ]
    return []


def _is_loopback(url: str) -> bool:
    try:
        return urlsplit(url).hostname in LOOPBACK
    except ValueError:
        return False
