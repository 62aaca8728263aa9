"""The log of events that clients may ask for again."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from pytest_django import Settings

from mcp_endpoint.state import redis_events
from mcp_endpoint.state.bus import bus
from mcp_endpoint.state.event import MAX_EVENTS
from mcp_endpoint.state.events import ANSWERS, Draft, Event, EventLog, InProcessEvents, events, parse_event_id
from mcp_endpoint.state.lease import lease, lives, process_key
from mcp_endpoint.state.redis_client import RedisAwayError, Script, key
from mcp_endpoint.state.redis_events import RedisEvents
from mcp_endpoint.state.sessions import SESSION_ENDED, SessionRecord, sessions
from tests.mcp_endpoint.conftest import Clock, Place
from tests.mcp_endpoint.driver import eventually


@pytest.fixture
async def log(place: Place) -> EventLog:
    """A log, and the sessions `s` and `other`."""
    for name in ("s", "other"):
        await sessions().create(SessionRecord("1:client", "default", "2025-11-25", {}, {}, id=name))
    return RedisEvents() if place.redis else InProcessEvents()


async def end_session(name: str) -> None:
    await sessions().delete(name)
    await bus().publish(SESSION_ENDED, session=name)


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
        async with asyncio.timeout(5):
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


async def stay_gone(process: str) -> None:
    """Have no sign of life of a process, as when it was killed; its last one may still be on its way to Redis."""
    while True:
        await Script("redis.call('DEL', KEYS[1])")((process_key(process),))


class TestTheLogOnRedis:
    @pytest.fixture(autouse=True)
    async def there(self, on_redis: Place) -> Place:
        await sessions().create(SessionRecord("1:client", "default", "2025-11-25", {}, {}, id="s"))
        return on_redis

    async def test_tells_no_process_where_nobody_reads(self) -> None:
        heard: list[str] = []
        bus().subscribe(redis_events.LOGGED, lambda message: heard.append(message["stream"]))
        bus().subscribe("later", lambda message: heard.append("later"))
        await RedisEvents().append("s", "a", Draft(b"one"))
        await bus().publish("later")
        await eventually(lambda: heard == ["later"])

    async def test_answers_for_a_process_that_is_gone(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(redis_events, "RENEWAL", 0.01)
        monkeypatch.setattr(redis_events, "MISSING_SECONDS", 0.05)
        await RedisEvents().append("s", "a", Draft(b"half", (7, "x")))
        gone = lease().name
        lease().name = "another"
        keeping = lease()._keeping
        assert keeping is not None
        keeping.cancel()
        dead = asyncio.ensure_future(stay_gone(gone))
        found = await asyncio.gather(*(the_rest(RedisEvents().tail("s", "a", 1)) for _ in range(2)))
        dead.cancel()
        for answers in found:
            assert [json.loads(data)["id"] for data in answers] == [7, "x"]
            assert "call again" in json.loads(answers[0])["error"]["message"]

    async def test_waits_for_a_process_that_lives(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(redis_events, "RENEWAL", 0.01)
        looks: list[str] = []

        async def look(name: str) -> bool:
            looks.append(name)
            return await lives(name)

        monkeypatch.setattr(redis_events, "lives", look)
        await RedisEvents().append("s", "a", Draft(b"half", (7,)))
        owner = lease().name
        lease().name = "another"
        reading = asyncio.ensure_future(the_rest(RedisEvents().tail("s", "a", 1)))
        await eventually(lambda: looks[3:] == [owner])
        await RedisEvents().append("s", "a", Draft(b"done"))
        await RedisEvents().end("s", "a")
        assert await reading == [b"done"]

    async def test_gives_a_process_that_was_cut_off_time_to_come_back(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """However often it is looked for: each notice that something was missed is a look."""
        monkeypatch.setattr(redis_events, "RENEWAL", 0.001)
        looks: list[str] = []

        async def cut_off(name: str) -> bool:
            looks.append(name)
            return len(looks) > 20

        monkeypatch.setattr(redis_events, "lives", cut_off)
        await RedisEvents().append("s", "a", Draft(b"half", (7,)))
        lease().name = "another"
        reading = asyncio.ensure_future(the_rest(RedisEvents().tail("s", "a", 1)))
        await eventually(lambda: len(looks) > 21)
        await RedisEvents().append("s", "a", Draft(b"done"))
        await RedisEvents().end("s", "a")
        assert await reading == [b"done"]

    async def test_has_what_is_sent_again_once(self, there: Place) -> None:
        """A Redis that stood still has logged what it gave no answer to, and others wrote meanwhile."""
        draft = Draft(b"one", (7,))
        first = await RedisEvents().append("s", "a", draft)
        await RedisEvents().append("s", "a", Draft(b"two"))
        assert await RedisEvents().append("s", "a", draft) == first
        await RedisEvents().end("s", "a")
        assert await the_rest(RedisEvents().tail("s", "a", 0)) == [b"one", b"two"]

    async def test_has_what_never_arrived_before(self, monkeypatch: pytest.MonkeyPatch) -> None:
        async def lose(*arguments: object) -> None:
            raise RedisAwayError

        draft = Draft(b"one")
        with monkeypatch.context() as away:
            away.setattr(redis_events, "_APPEND", lose)
            with pytest.raises(RedisAwayError):
                await RedisEvents().append("s", "a", draft)
        await RedisEvents().append("s", "a", draft)
        await RedisEvents().end("s", "a")
        assert await the_rest(RedisEvents().tail("s", "a", 0)) == [b"one"]

    async def test_forgets_a_stream_some_time_after_its_end(self, there: Place, settings: Settings) -> None:
        settings.MCP_EVENT_TTL = 100
        await RedisEvents().append("s", "a", Draft(b"one", (7,)))
        await RedisEvents().end("s", "a")
        assert 90 < there.expires_in(key("log", "s", "a")) <= 100

    async def test_writes_nothing_for_a_session_that_ended(self) -> None:
        await sessions().delete("s")
        await RedisEvents().append("s", "a", Draft(b"one", (7,)))
        assert not await RedisEvents().knows("s", "a")

    async def test_goes_on_where_answers_were_forgotten_in_a_long_silence(self, there: Place) -> None:
        source = RedisEvents().tail("s", ANSWERS, 0)
        for data in (b"one", b"two"):
            await RedisEvents().append("s", ANSWERS, Draft(data))
            assert await following(source) == data
        there.client.delete(key("log", "s", ANSWERS))
        reading = asyncio.ensure_future(following(source))
        await RedisEvents().append("s", ANSWERS, Draft(b"three"))
        assert await reading == b"three"

    async def test_has_no_more_of_a_stream_that_was_forgotten(self, there: Place) -> None:
        await RedisEvents().append("s", "a", Draft(b"one", (7,)))
        there.client.delete(key("log", "s", "a"))
        assert await the_rest(RedisEvents().tail("s", "a", 1)) == []


def test_there_is_one_log() -> None:
    assert events() is events()
