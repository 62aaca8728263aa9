"""The log of events that clients may ask for again."""

import asyncio

import pytest
from pytest_django import Settings

from mcp_endpoint.state.bus import bus
from mcp_endpoint.state.event import MAX_EVENTS
from mcp_endpoint.state.events import Draft, Event, EventLog, InProcessEvents, events, parse_event_id
from mcp_endpoint.state.redis_events import RedisEvents
from mcp_endpoint.state.sessions import SESSION_ENDED, SessionRecord, sessions
from tests.mcp_endpoint.conftest import Clock, Place
from tests.mcp_endpoint.state.samples import following, the_rest


@pytest.fixture
async def log(place: Place) -> EventLog:
    """A log, and the sessions `s` and `other`."""
    for name in ("s", "other"):
        await sessions().create(SessionRecord("1:client", "default", "2025-11-25", {}, {}, id=name))
    return RedisEvents() if place.redis else InProcessEvents()


async def end_session(name: str) -> None:
    await sessions().delete(name)
    await bus().publish(SESSION_ENDED, session=name)


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
    async def test_numbers_its_events_from_one(self, log: EventLog) -> None:
        assert [(await log.append("s", "a", Draft(b"x"))).id for _ in range(2)] == ["a.1", "a.2"]

    async def test_is_read_from_an_event_on(self, log: EventLog) -> None:
        for data in (b"one", b"two", b"three"):
            await log.append("s", "a", Draft(data))
        await log.end("s", "a")
        assert await the_rest(log.tail("s", "a", 1)) == [b"two", b"three"]

    async def test_brings_events_as_they_come(self, log: EventLog) -> None:
        source = log.tail("s", "a", 0)
        for data in (b"one", b"two"):
            reading = asyncio.ensure_future(following(source))
            await asyncio.sleep(0)
            await log.append("s", "a", Draft(data))
            assert await reading == data

    async def test_ends_for_its_reader(self, log: EventLog) -> None:
        await log.append("s", "a", Draft(b"one"))
        reading = asyncio.ensure_future(the_rest(log.tail("s", "a", 1)))
        await asyncio.sleep(0)
        await log.end("s", "a")
        assert await reading == []

    async def test_can_be_read_after_its_end(self, log: EventLog) -> None:
        await log.append("s", "a", Draft(b"one"))
        await log.end("s", "a")
        assert await the_rest(log.tail("s", "a", 0)) == [b"one"]

    async def test_has_only_its_own_events(self, log: EventLog) -> None:
        await log.append("s", "a", Draft(b"mine"))
        await log.append("s", "b", Draft(b"its"))
        await log.append("other", "a", Draft(b"theirs"))
        await log.end("s", "a")
        assert await the_rest(log.tail("s", "a", 0)) == [b"mine"]

    async def test_keeps_only_the_newest_events(self, log: EventLog) -> None:
        for number in range(MAX_EVENTS + 2):
            await log.append("s", "a", Draft(b"%d" % number))
        source = log.tail("s", "a", 0)
        assert [(await anext(source)).number for _ in range(MAX_EVENTS)] == list(range(3, MAX_EVENTS + 3))

    @pytest.mark.parametrize(
        ("sizes", "kept"),
        [
            ([40, 40, 40], [2, 3]),
            ([100, 0], [1, 2]),
            ([60, 50], [2]),
            ([10, 10, 90], [2, 3]),
            ([10, 200], [2]),
            ([200, 10], [2]),
            ([200], [1]),
            ([40] * 9, [8, 9]),
        ],
    )
    async def test_keeps_so_many_bytes_of_them(
        self, log: EventLog, settings: Settings, sizes: list[int], kept: list[int]
    ) -> None:
        settings.MCP_STREAM_BUFFER = 100
        for size in sizes:
            await log.append("s", "a", Draft(b"x" * size))
        await log.end("s", "a")
        async with asyncio.timeout(30):
            assert [event.number async for event in log.tail("s", "a", 0)] == kept

    async def test_ends_once(self, log: EventLog) -> None:
        await log.append("s", "a", Draft(b"one"))
        await log.end("s", "a")
        await log.end("s", "a")
        assert await the_rest(log.tail("s", "a", 0)) == [b"one"]

    async def test_that_nobody_wrote_to_cannot_be_ended(self, log: EventLog) -> None:
        await log.end("s", "a")
        assert not await log.knows("s", "a")


class TestTheLog:
    async def test_knows_the_streams_of_a_session(self, log: EventLog) -> None:
        await log.append("s", "a", Draft(b""))
        assert await log.knows("s", "a")
        assert not await log.knows("s", "b")
        assert not await log.knows("other", "a")

    async def test_ends_the_readers_of_a_session_that_ended(self, log: EventLog) -> None:
        await log.append("s", "a", Draft(b"one"))
        source = log.tail("s", "a", 0)
        assert await following(source) == b"one"
        reading = asyncio.ensure_future(the_rest(source))
        await asyncio.sleep(0)
        await end_session("s")
        assert await reading == []
        assert not await log.knows("s", "a")


class TestTheLogOfAProcess:
    async def test_drops_a_stream_some_time_after_its_end(self, clock: Clock, settings: Settings) -> None:
        settings.MCP_EVENT_TTL = 300
        log = InProcessEvents()
        for name in ("a", "b"):
            await log.append("s", name, Draft(b""))
        await log.end("s", "a")
        clock.now += 301
        await log.end("s", "b")
        assert not await log.knows("s", "a")
        assert await log.knows("s", "b")

    async def test_drops_a_session_with_its_last_stream(self, clock: Clock, settings: Settings) -> None:
        settings.MCP_EVENT_TTL = 300
        log = InProcessEvents()
        await log.append("s", "a", Draft(b""))
        await log.end("s", "a")
        clock.now += 301
        await log.end("other", "a")
        assert log._sessions == {}


def test_there_is_one_log() -> None:
    assert events() is events()
