"""The bus while the channel layer is away, and when it is back."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from channels.layers import InMemoryChannelLayer, channel_layers

from mcp_endpoint.per_loop import PerLoop
from mcp_endpoint.state import bus as module
from mcp_endpoint.state.bus import MISSED, Bus, Message, announce
from tests.mcp_endpoint.driver import eventually


class Away(InMemoryChannelLayer):
    """The in-memory layer, with a switch that makes it fail as Redis does when it is gone."""

    def __init__(self) -> None:
        super().__init__()
        self.is_away = False
        self.refused = 0

    async def _work(self) -> None:
        if self.is_away:
            self.refused += 1
            raise ConnectionError("Connection refused")

    async def group_add(self, group: str, channel: str) -> None:
        await self._work()
        await super().group_add(group, channel)

    async def group_send(self, group: str, message: Message) -> None:
        await self._work()
        await super().group_send(group, message)

    async def receive(self, channel: str) -> Any:
        message: Any = await super().receive(channel)
        await self._work()
        return message

    async def cut_off(self) -> None:
        """Go away; who listens has an error."""
        for channel in list(self.groups[module.GROUP]):
            await self.send(channel, {"type": "mcp", "kind": "noise"})
        self.is_away = True


@pytest.fixture
def layer(monkeypatch: pytest.MonkeyPatch) -> Iterator[Away]:
    monkeypatch.setattr(module, "FIRST_PAUSE", 0.001)
    monkeypatch.setattr(module, "LONGEST_PAUSE", 0.01)
    monkeypatch.setattr(module, "bus", PerLoop(Bus))
    layer = Away()
    previous = channel_layers.set("default", layer)
    yield layer
    channel_layers.set("default", previous)


class Process:
    """One process's bus, and what it heard."""

    def __init__(self) -> None:
        self.bus = Bus()
        self.heard: list[Any] = []
        self.bus.subscribe("news", lambda message: self.heard.append(message["n"]))
        self.bus.subscribe(MISSED, lambda message: self.heard.append(MISSED))


async def test_who_starts_while_the_layer_is_away_hears_when_it_is_there(layer: Away) -> None:
    layer.is_away = True
    late = Process()
    await eventually(lambda: layer.refused > 2)
    layer.is_away = False
    await eventually(lambda: late.heard == [MISSED])
    await late.bus.publish("news", n=1)
    await eventually(lambda: late.heard == [MISSED, 1])


async def test_who_was_cut_off_hears_again_and_knows_that_it_missed_something(layer: Away) -> None:
    here, there = Process(), Process()
    await here.bus.publish("news", n=1)
    await eventually(lambda: there.heard == [1])
    await layer.cut_off()
    await eventually(lambda: layer.refused > 4)
    layer.is_away = False
    await eventually(lambda: there.heard == [1, MISSED])
    await here.bus.publish("news", n=2)
    await eventually(lambda: there.heard[-1] == 2)


async def test_publishing_while_the_layer_is_away_reaches_ones_own_process(layer: Away) -> None:
    here, there = Process(), Process()
    await there.bus.publish("news", n=1)
    await eventually(lambda: here.heard == [1])
    layer.is_away = True
    await here.bus.publish("news", n=2)
    assert (here.heard, there.heard) == ([1, 2], [1])


async def test_a_notice_that_was_not_sent_is_owed_to_everybody(layer: Away, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody was cut off, so nobody else would know."""
    here, there = Process(), Process()
    await here.bus.publish("news", n=1)
    await eventually(lambda: there.heard == [1])
    send, failures = layer.group_send, [ConnectionError("Connection reset")] * 3

    async def fail_at_first(group: str, message: Message) -> None:
        if failures:
            raise failures.pop()
        await send(group, message)

    monkeypatch.setattr(layer, "group_send", fail_at_first)
    assert not await here.bus.publish("news", n=2)
    await eventually(lambda: there.heard == [1, MISSED])
    assert here.heard == [1, 2, MISSED]


async def test_a_layer_that_does_not_answer_holds_nobody_up(layer: Away, monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(group: str, message: Message) -> None:
        await module.asyncio.Event().wait()

    monkeypatch.setattr(module, "SEND_SECONDS", 0.01)
    monkeypatch.setattr(layer, "group_send", never)
    here = Process()
    await here.bus.publish("news", n=1)
    assert here.heard == [1]


async def test_a_cancellation_that_is_lost_on_the_way_is_made_again(
    layer: Away, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a server would never end: until Python 3.12, `asyncio.wait_for` loses one that comes as its work is done."""
    lost: list[str] = []

    async def loses_one(channel: str) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            lost.append(channel)
        await asyncio.Event().wait()

    monkeypatch.setattr(module, "CANCEL_SECONDS", 0.001)
    monkeypatch.setattr(layer, "receive", loses_one)
    here = Process()
    await here.bus.publish("news", n=1)
    membership = here.bus._membership
    assert membership is not None
    membership.cancel()
    await eventually(membership.cancelled)
    assert len(lost) == 1


async def test_an_outage_is_logged_once_and_so_is_its_end(layer: Away, caplog: pytest.LogCaptureFixture) -> None:
    layer.is_away = True
    here = Process()
    for n in range(3):
        await here.bus.publish("news", n=n)
    await eventually(lambda: layer.refused > 6)
    layer.is_away = False
    await eventually(lambda: MISSED in here.heard)
    assert [record.getMessage() for record in caplog.records] == [
        "The other processes are not heard, which is tried again: ConnectionError: Connection refused",
        "The notice 'news' did not reach the other processes: ConnectionError: Connection refused",
        "The other processes are heard again; 3 notices were not sent.",
    ]


def test_a_command_that_announces_while_the_layer_is_away_goes_on(
    layer: Away, caplog: pytest.LogCaptureFixture
) -> None:
    layer.is_away = True
    announce("news", n=1)
    assert "The notice 'news' did not reach the other processes" in caplog.text
