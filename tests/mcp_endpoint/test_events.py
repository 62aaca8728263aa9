"""The log of events that clients may ask for again."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from pytest_django import Settings

from mcp_endpoint import events as module
from mcp_endpoint.events import Event, InProcessEvents, events, parse_event_id
from tests.mcp_endpoint.conftest import Clock


@pytest.fixture
def log() -> InProcessEvents:
    return InProcessEvents()


async def the_rest(source: AsyncIterator[Event]) -> list[bytes]:
    """What is left of a stream that ends."""
    async with asyncio.timeout(5):
        return [event.data async for event in source]


async def following(source: AsyncIterator[Event]) -> bytes:
    async with asyncio.timeout(5):
        return (await anext(source)).data


class TestAnEventId:
    def test_is_made_of_stream_and_number(self) -> None:
        assert Event("get", 7, b"").id == "get.7"
        assert parse_event_id("get.7") == ("get", 7)

    def test_may_have_a_stream_with_dots(self) -> None:
        assert parse_event_id("a.b.7") == ("a.b", 7)

    @pytest.mark.parametrize(
        "text",
        [
            "",
            ".",
            "get",
            "get.",
            ".7",
            "get.-1",
            "get.1.5x",
            "get.+1",
            "get. 1",
            "get.1_0",
            "get.٣",
            "get.²",
            "get.\x00",
        ],
    )
    def test_that_this_server_did_not_make_is_none(self, text: str) -> None:
        assert parse_event_id(text) is None

    def test_with_more_digits_than_python_converts_is_none(self) -> None:
        assert parse_event_id("get." + "9" * 10_000) is None


class TestAStream:
    async def test_numbers_its_events_from_one(self, log: InProcessEvents) -> None:
        assert [(await log.append("s", "a", b"x")).id for _ in range(2)] == ["a.1", "a.2"]

    async def test_is_read_from_an_event_on(self, log: InProcessEvents) -> None:
        for data in (b"one", b"two", b"three"):
            await log.append("s", "a", data)
        await log.end("s", "a")
        assert await the_rest(log.tail("s", "a", 1)) == [b"two", b"three"]

    async def test_is_read_whole_from_an_event_of_an_earlier_stream(self, log: InProcessEvents) -> None:
        await log.append("s", "a", b"one")
        await log.end("s", "a")
        assert await the_rest(log.tail("s", "a", 57)) == [b"one"]

    async def test_is_read_from_now_on_without_one(self, log: InProcessEvents) -> None:
        await log.append("s", "a", b"before")
        source = log.tail("s", "a", None)
        reading = asyncio.ensure_future(following(source))
        await asyncio.sleep(0)
        await log.append("s", "a", b"after")
        assert await reading == b"after"

    async def test_brings_events_as_they_come(self, log: InProcessEvents) -> None:
        source = log.tail("s", "a", 0)
        for data in (b"one", b"two"):
            reading = asyncio.ensure_future(following(source))
            await asyncio.sleep(0)
            await log.append("s", "a", data)
            assert await reading == data

    async def test_ends_for_its_reader(self, log: InProcessEvents) -> None:
        reading = asyncio.ensure_future(the_rest(log.tail("s", "a", 0)))
        await asyncio.sleep(0)
        await log.end("s", "a")
        assert await reading == []

    async def test_can_be_read_after_its_end(self, log: InProcessEvents) -> None:
        await log.append("s", "a", b"one")
        await log.end("s", "a")
        assert await the_rest(log.tail("s", "a", 0)) == [b"one"]

    async def test_has_only_its_own_events(self, log: InProcessEvents) -> None:
        await log.append("s", "a", b"mine")
        await log.append("s", "b", b"its")
        await log.append("other", "a", b"theirs")
        await log.end("s", "a")
        assert await the_rest(log.tail("s", "a", 0)) == [b"mine"]

    async def test_keeps_only_the_newest_events(self, log: InProcessEvents, monkeypatch: pytest.MonkeyPatch) -> None:
        for number in range(module.MAX_EVENTS + 1):
            await log.append("s", "a", b"%d" % number)
        await log.end("s", "a")
        left = await the_rest(log.tail("s", "a", 0))
        assert (len(left), left[0]) == (module.MAX_EVENTS, b"1")

    async def test_that_nobody_wrote_to_cannot_be_ended(self, log: InProcessEvents) -> None:
        await log.end("s", "a")
        assert not await log.knows("s", "a")


class TestTheLog:
    async def test_knows_the_streams_of_a_session(self, log: InProcessEvents) -> None:
        await log.append("s", "a", b"")
        assert await log.knows("s", "a")
        assert not await log.knows("s", "b")
        assert not await log.knows("other", "a")

    async def test_forgets_a_session_and_ends_its_readers(self, log: InProcessEvents) -> None:
        reading = asyncio.ensure_future(the_rest(log.tail("s", "a", 0)))
        await asyncio.sleep(0)
        await log.forget("s")
        assert await reading == []
        assert not await log.knows("s", "a")

    async def test_forgets_one_stream_and_keeps_the_others(self, log: InProcessEvents) -> None:
        await log.append("s", "a", b"")
        await log.append("s", "b", b"")
        await log.forget("s", "a")
        assert not await log.knows("s", "a")
        assert await log.knows("s", "b")

    async def test_forgets_what_it_never_knew(self, log: InProcessEvents) -> None:
        await log.forget("s")
        await log.forget("s", "a")
        assert not await log.knows("s", "a")

    async def test_drops_a_stream_some_time_after_its_end(
        self, log: InProcessEvents, clock: Clock, settings: Settings
    ) -> None:
        settings.MCP_EVENT_TTL = 300
        for name in ("a", "b"):
            await log.append("s", name, b"")
        await log.end("s", "a")
        clock.now += 301
        await log.end("s", "b")
        assert not await log.knows("s", "a")
        assert await log.knows("s", "b")

    async def test_drops_a_session_with_its_last_stream(
        self, log: InProcessEvents, clock: Clock, settings: Settings
    ) -> None:
        settings.MCP_EVENT_TTL = 300
        await log.append("s", "a", b"")
        await log.end("s", "a")
        clock.now += 301
        await log.end("other", "a")
        assert log._sessions == {}

    async def test_drops_a_stream_that_was_forgotten_already(
        self, log: InProcessEvents, clock: Clock, settings: Settings
    ) -> None:
        settings.MCP_EVENT_TTL = 300
        await log.append("s", "a", b"")
        await log.end("s", "a")
        await log.forget("s")
        clock.now += 301
        await log.end("other", "a")
        assert not await log.knows("s", "a")


def test_there_is_one_log() -> None:
    assert events() is events()
