"""What a process keeps for a few seconds, and everything that ends it."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from channels.layers import InMemoryChannelLayer, channel_layers
from pytest_django import Settings

from mcp_endpoint.per_loop import PerLoop
from mcp_endpoint.state import bus as module
from mcp_endpoint.state.bus import Bus
from mcp_endpoint.state.hearing import announce_change, hearing
from mcp_endpoint.state.near_cache import NearCache
from tests.mcp_endpoint.driver import eventually

KIND = "changed"


class SharedLayer:
    """A layer of several processes, as far as the bus can tell; it can go away and come back."""

    def __init__(self) -> None:
        self._layer = InMemoryChannelLayer()
        self.is_away = False

    async def new_channel(self) -> Any:
        return await self._layer.new_channel()

    async def group_add(self, group: str, channel: str) -> None:
        await self._work()
        await self._layer.group_add(group, channel)

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        await self._work()
        await self._layer.group_send(group, message)

    async def receive(self, channel: str) -> Any:
        message: Any = await self._layer.receive(channel)
        await self._work()
        return message

    async def cut_off(self) -> None:
        """Go away; who listens has an error."""
        for channel in list(self._layer.groups[module.GROUP]):
            await self._layer.send(channel, {"type": "mcp", "kind": "noise"})
        self.is_away = True

    async def _work(self) -> None:
        if self.is_away:
            raise ConnectionError("Connection refused")


@pytest.fixture
def layer(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Iterator[SharedLayer]:
    settings.REDIS_URL = "redis://nobody.invalid/0"
    monkeypatch.setattr(module, "FIRST_PAUSE", 0.001)
    monkeypatch.setattr(module, "LONGEST_PAUSE", 0.01)
    monkeypatch.setattr("mcp_endpoint.state.near_cache.bus", buses := PerLoop(Bus))
    monkeypatch.setattr(module, "bus", buses)
    layer = SharedLayer()
    previous = channel_layers.set("default", layer)
    yield layer
    channel_layers.set("default", previous)


async def open_cache(room: int = 10) -> NearCache[str]:
    """A cache whose process is heard."""
    cache: NearCache[str] = NearCache(KIND, room)
    await eventually(lambda: cache.begin() is not None)
    return cache


async def kept(*about: str) -> NearCache[str]:
    """A cache that keeps "value" under "key"."""
    cache = await open_cache()
    cache.keep("key", "value", about, cache.begin())
    assert cache.get("key") == "value"
    return cache


async def tell(*about: str) -> None:
    """What code of any process says of a change, and the turn of the loop in which this one hears of it."""
    hearing()
    await asyncio.to_thread(announce_change, KIND, about)


async def test_a_change_of_what_it_was_made_from_ends_it(layer: SharedLayer) -> None:
    cache = await kept("user:1", "client:x")
    await tell("client:x")
    assert cache.get("key") is None


async def test_a_change_of_something_else_does_not(layer: SharedLayer) -> None:
    cache = await kept("user:1")
    await tell("user:2", "client:1")
    assert cache.get("key") == "value"


async def test_a_change_reaches_the_caches_of_other_processes(layer: SharedLayer) -> None:
    cache = await kept("user:1")
    await Bus().publish(KIND, about=["user:1"])
    await eventually(lambda: cache.get("key") is None)


async def test_what_was_looked_up_while_something_changed_is_not_kept(layer: SharedLayer) -> None:
    cache = await open_cache()
    since = cache.begin()
    await tell("user:7")
    cache.keep("key", "as it was before", ["user:1"], since)
    assert cache.get("key") is None


async def test_grows_too_old(layer: SharedLayer, settings: Settings) -> None:
    settings.MCP_NEAR_CACHE_SECONDS = 0.001
    cache = await open_cache()
    cache.keep("key", "value", [], cache.begin())
    await eventually(lambda: cache.get("key") is None)
    assert len(cache) == 0


async def test_can_be_switched_off(layer: SharedLayer, settings: Settings) -> None:
    settings.MCP_NEAR_CACHE_SECONDS = 0
    cache = await open_cache()
    cache.keep("key", "value", [], cache.begin())
    assert len(cache) == 0


async def test_has_room_for_so_many_and_the_oldest_goes(layer: SharedLayer) -> None:
    cache = await open_cache(room=2)
    for key in ("a", "b", "c"):
        cache.keep(key, key, ["user:1"], cache.begin())
    assert [cache.get(key) for key in ("a", "b", "c")] == [None, "b", "c"]
    cache.forget(["user:1"])
    assert len(cache) == 0


class TestWithoutTheOthers:
    async def test_nothing_is_given_and_nothing_kept(self, layer: SharedLayer) -> None:
        cache = await kept("user:1")
        await layer.cut_off()
        await eventually(lambda: cache.get("key") is None)
        since = cache.begin()
        cache.keep("other", "value", [], since)
        assert since is None
        assert cache.get("other") is None

    async def test_what_was_kept_before_is_not_trusted_afterwards(self, layer: SharedLayer) -> None:
        cache = await kept("user:1")
        await layer.cut_off()
        await eventually(lambda: cache.begin() is None)
        layer.is_away = False
        await eventually(lambda: cache.begin() is not None)
        assert (cache.get("key"), len(cache)) == (None, 0)

    async def test_what_was_looked_up_before_and_comes_back_afterwards_is_not_kept(self, layer: SharedLayer) -> None:
        cache = await open_cache()
        since = cache.begin()
        await layer.cut_off()
        await eventually(lambda: cache.begin() is None)
        layer.is_away = False
        await eventually(lambda: cache.begin() is not None)
        cache.keep("key", "value", [], since)
        assert cache.get("key") is None

    async def test_one_process_alone_keeps_nothing(self, layer: SharedLayer) -> None:
        channel_layers.set("default", InMemoryChannelLayer())
        cache: NearCache[str] = NearCache(KIND)
        heard: list[str] = []
        cache._bus.subscribe("ping", lambda _: heard.append("ping"))
        await cache._bus.publish("ping")
        await eventually(lambda: heard == ["ping"])
        assert cache.begin() is None


async def test_a_change_is_told_before_whoever_made_it_goes_on(layer: SharedLayer) -> None:
    cache, heard = await kept("user:1"), []
    other = Bus()
    other.subscribe(KIND, lambda message: heard.append(message["about"]))
    await eventually(lambda: other.hears_all)
    await tell("user:1")
    assert cache.get("key") is None
    await eventually(lambda: heard == [["user:1"]])
