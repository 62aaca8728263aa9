"""What can be seen only on the server itself: its settings, its services, and how requests get here."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

from django.conf import settings
from django.core import checks
from django.http import HttpRequest

from mcpsite.checks import LOOPBACK
from mcpsite.doctor import database, redis
from mcpsite.doctor.findings import Finding

PROXY_SECONDS = 55
"""Proxies cut streams that were silent for a minute."""


@dataclass(frozen=True, slots=True)
class Seen:
    """How one request arrived, which the proxy had passed on."""

    host: str
    is_secure: bool
    forwarded_for: str

    @classmethod
    def of(cls, request: HttpRequest) -> Self:
        """What matters of a request."""
        return cls(request.get_host(), request.is_secure(), request.headers.get("X-Forwarded-For", ""))


def examine(seen: Seen | None) -> Iterator[Finding]:
    """Settings and services, before anything is asked over HTTP."""
    yield from _system_checks()
    yield from redis.examine(redis.urls())
    if settings.MCP_KEEP_ALIVE > PROXY_SECONDS:
        yield Finding(
            "warning",
            "settings.keep-alive",
            "MCP_KEEP_ALIVE",
            f"{settings.MCP_KEEP_ALIVE} seconds",
            means="Proxies cut event streams that are silent for a minute.",
            mend="Set it to 15.",
        )
    if seen is not None:
        yield from arrival(seen)


def after_requests(seen: Seen | None) -> Iterator[Finding]:
    """What shows once the processes have answered something."""
    # Asked for by a page, this process is one of those that serve.
    yield from database.examine(serves=seen is not None)


def arrival(seen: Seen) -> Iterator[Finding]:
    """What the proxy told of the request that asked for this examination."""
    public = urlsplit(settings.PUBLIC_URL)
    if seen.host != public.netloc:
        return  # it came by another way, perhaps around the proxy
    if public.scheme == "https" and not seen.is_secure:
        yield Finding(
            "failure",
            "proxy.scheme",
            "X-Forwarded-Proto of your own request",
            "not https",
            means="Sign-in through a provider sends people to an http:// address, which the provider refuses.",
            mend="Let the proxy set it itself (nginx: proxy_set_header X-Forwarded-Proto $scheme).",
            clients=None,
        )
    hops = len(seen.forwarded_for.split(",")) if seen.forwarded_for else 0
    trusted = settings.ALLAUTH_TRUSTED_PROXY_COUNT
    if hops > 0 and trusted == 0:
        yield Finding(
            "warning",
            "proxy.count",
            "X-Forwarded-For of your own request",
            "there is a proxy, and TRUSTED_PROXY_COUNT is 0",
            means="All people and clients seem to come from the proxy's address, and share its limits.",
            mend="Set TRUSTED_PROXY_COUNT to the number of your proxies.",
        )
    if hops < trusted:
        yield Finding(
            "warning",
            "proxy.count",
            "X-Forwarded-For of your own request",
            f"{hops} addresses, and TRUSTED_PROXY_COUNT is {trusted}",
            means="All people and clients seem to come from the proxy's address, and share its limits.",
            mend="Let the proxy set X-Forwarded-For (nginx: proxy_set_header X-Forwarded-For $remote_addr).",
        )


def _system_checks() -> Iterator[Finding]:
    """Django's, of this site's rooms; on a public address, those of `--deploy` too."""
    rooms = {"mcpsite", "accounts", "oauth_bridge", "mcp_endpoint"}
    is_public = urlsplit(settings.PUBLIC_URL).hostname not in LOOPBACK
    asked = "manage.py check --deploy" if is_public else "manage.py check"
    found = [
        message
        for message in checks.run_checks(include_deployment_checks=is_public)
        if str(message.id).partition(".")[0] in rooms and not message.is_silenced()
    ]
    for message in found:
        yield Finding(
            "failure" if message.is_serious() else "warning",
            str(message.id),
            asked,
            str(message.msg),
            mend=str(message.hint or ""),
            clients=None,
        )
    if not found:
        yield Finding("ok", "settings", asked, "nothing to complain about")
