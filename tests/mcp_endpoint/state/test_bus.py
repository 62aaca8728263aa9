"""Messages to every process, over the in-memory layer."""

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from channels.layers import channel_layers, get_channel_layer

from mcp_endpoint.per_loop import PerLoop
from mcp_endpoint.state import bus as module
from mcp_endpoint.state.bus import GROUP, Bus, Message, announce, bus
from tests.mcp_endpoint.driver import eventually


@pytest.fixture(autouse=True)
def layer() -> Iterator[None]:
    channel_layers.backends.clear()
    yield
    channel_layers.backends.clear()


class Ear:
    """Remembers what it hears."""

    def __init__(self, kind: str = "news") -> None:
        self.heard: list[Message] = []
        self.undo = bus().subscribe(kind, self.heard.append)

    async def hears(self, count: int = 1) -> list[Any]:
        await eventually(lambda: len(self.heard) >= count)
        return [message.get("n") for message in self.heard]


async def test_each_loop_has_one_bus() -> None:
    assert bus() is bus()


async def test_a_message_reaches_the_process_that_sent_it() -> None:
    ear = Ear()
    await bus().publish("news", n=1)
    assert await ear.hears() == [1]


async def test_a_message_reaches_every_other_process() -> None:
    ear, elsewhere = Ear(), Bus()
    heard: list[Message] = []
    elsewhere.subscribe("news", heard.append)
    await elsewhere.publish("news", n=1)
    await eventually(lambda: heard)
    assert await ear.hears() == [1]


async def test_messages_come_in_order() -> None:
    ear = Ear()
    for n in range(5):
        await bus().publish("news", n=n)
    assert await ear.hears(5) == [0, 1, 2, 3, 4]


async def test_a_message_reaches_only_handlers_of_its_kind() -> None:
    ear, other = Ear(), Ear("weather")
    await bus().publish("weather", n=1)
    await other.hears()
    assert ear.heard == []


async def test_a_handler_can_stop_to_hear() -> None:
    ear, other = Ear(), Ear()
    ear.undo()
    await bus().publish("news", n=1)
    await other.hears()
    assert ear.heard == []


async def test_a_handler_that_raises_does_not_keep_others_from_hearing(caplog: pytest.LogCaptureFixture) -> None:
    bus().subscribe("news", lambda message: 1 / 0)
    ear = Ear()
    await bus().publish("news", n=1)
    await bus().publish("news", n=2)
    assert await ear.hears(2) == [1, 2]
    assert "bus handler for 'news' raised" in caplog.text


async def test_plain_code_on_another_thread_can_announce() -> None:
    ear = Ear()
    thread = threading.Thread(target=announce, args=("news",), kwargs={"n": 1})
    thread.start()
    assert await ear.hears() == [1]
    thread.join()


async def test_plain_code_on_the_loop_can_publish() -> None:
    ear = Ear()
    bus().publish_soon("news", n=1)
    assert await ear.hears() == [1]


def test_a_process_without_a_loop_can_announce(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "bus", PerLoop(Bus))
    layer: Any = get_channel_layer()

    async def join() -> str:
        channel: str = await layer.new_channel()
        await layer.group_add(GROUP, channel)
        return channel

    channel = async_to_sync(join)()
    announce("news", n=1)
    assert async_to_sync(layer.receive)(channel) == {"type": "mcp", "kind": "news", "n": 1}


async def test_membership_is_renewed_before_the_layer_forgets_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Channels drops members of a group after `group_expiry`, a day."""
    monkeypatch.setattr(module, "RENEWAL", 0.001)
    await bus().publish("news")
    layer: Any = get_channel_layer()
    (first,) = layer.groups[GROUP].values()
    await eventually(lambda: next(iter(layer.groups[GROUP].values())) > first)


async def test_the_listener_forgets_the_request_that_started_it() -> None:
    seen: list[object] = []
    bus().subscribe("news", lambda message: seen.append(asyncio.current_task()))
    await bus().publish("news")
    await eventually(lambda: seen)
    assert seen[0] is not asyncio.current_task()
