"""Endpoints of a test's own: a fresh registry, fresh stores, and an authenticator that needs no database."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Iterator
from functools import cached_property
from types import SimpleNamespace
from typing import Any

import pytest
import redis
from channels.layers import channel_layers
from pytest_django import Settings

from mcp_endpoint import registry as registries
from mcp_endpoint.conf import conf
from mcp_endpoint.endpoints import Endpoint, endpoints
from mcp_endpoint.registry import Registry, registry
from mcp_endpoint.routing import by_path
from mcp_endpoint.state import events as events_module
from mcp_endpoint.state import redis_client
from mcp_endpoint.state import sessions as sessions_module
from mcp_endpoint.state.events import events
from mcp_endpoint.state.sessions import sessions
from mcp_endpoint.wire import Scope
from tests import services
from tests.mcp_endpoint import people
from tests.mcp_endpoint.eras import Client, Session

SINGLETONS = (endpoints, sessions, events)


async def no_pages(scope: Scope, *_: object) -> None:
    raise ValueError(f"No Endpoint has the path {scope['path']!r}")


class Site:
    """A site whose only apps are the declarations that a test makes before it asks for a client."""

    @property
    def registry(self) -> Registry:
        return registry()

    @property
    def endpoint(self) -> Endpoint:
        return endpoints()[0]

    @cached_property
    def application(self) -> Any:
        endpoints.cache_clear()
        for endpoint in endpoints():
            endpoint.registry.check()
        return by_path(no_pages)

    def client(self, token: str | None = "alice") -> Client:
        """A client with somebody's token."""
        return Client(self.application, token)

    async def session(self, token: str = "alice", **options: Any) -> Session:
        """A session of the 2025 era."""
        return await self.client(token).session(**options)


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Iterator[Site]:
    """A site without declarations. Whatever a test declares goes to it and is gone afterwards."""
    settings.MCP_AUTHENTICATOR = "tests.mcp_endpoint.people.authenticator"
    monkeypatch.setattr(registries, "_registries", {})
    channel_layers.backends.clear()
    people.forget_everybody()
    for singleton in SINGLETONS:
        singleton.cache_clear()
    yield Site()
    for singleton in SINGLETONS:
        singleton.cache_clear()


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """What modules of this room take for the monotonic clock. The event loop keeps its own."""
    found = Clock()
    for module in (events_module, sessions_module):
        monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=found))
    return found


class Place:
    """Where state is kept: in this process, or on a real Redis, under a name of the test's own."""

    def __init__(self, url: str = "") -> None:
        self.redis = bool(url)
        self.client: Any = redis.Redis.from_url(url) if url else None

    def expires_in(self, key: str) -> float:
        """Seconds until Redis forgets a key; negative when it has none."""
        return float(self.client.pttl(key)) / 1000

    def clear(self) -> None:
        """Leave nothing behind."""
        for key in self.client.scan_iter(f"{conf().redis_prefix}*"):
            self.client.delete(key)
        self.client.close()


async def _on_redis(settings: Settings) -> AsyncIterator[Place]:
    settings.REDIS_URL, settings.PUBLIC_URL = services.redis(), f"http://{uuid.uuid4().hex}.example.com"
    found = Place(settings.REDIS_URL)
    for singleton in SINGLETONS:
        singleton.cache_clear()
    yield found
    for singleton in SINGLETONS:
        singleton.cache_clear()
    await redis_client.redis().close()
    found.clear()


@pytest.fixture
async def on_redis(settings: Settings) -> AsyncIterator[Place]:
    """State on Redis."""
    async for found in _on_redis(settings):
        yield found


@pytest.fixture(params=["in this process", "on Redis"])
async def place(request: pytest.FixtureRequest, settings: Settings) -> AsyncIterator[Place]:
    """Each place in turn."""
    if request.param == "in this process":
        yield Place()
    else:
        async for found in _on_redis(settings):
            yield found


@pytest.fixture(autouse=True)
async def no_lost_exceptions() -> AsyncIterator[None]:
    """Fail a test in which a task or callback failed unseen."""
    lost: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: lost.append(context))
    yield
    assert not lost, lost
