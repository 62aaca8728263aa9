"""The log of events on a Redis that several processes share."""

import asyncio
import json

import pytest
from pytest_django import Settings

from mcp_endpoint.state import redis_events
from mcp_endpoint.state.bus import bus
from mcp_endpoint.state.events import ANSWERS, Draft
from mcp_endpoint.state.lease import lease, lives, process_key
from mcp_endpoint.state.redis_client import RedisAwayError, Script, key
from mcp_endpoint.state.redis_events import RedisEvents
from mcp_endpoint.state.sessions import SessionRecord, sessions
from tests.mcp_endpoint.conftest import Place
from tests.mcp_endpoint.driver import eventually
from tests.mcp_endpoint.state.samples import following, the_rest


async def stay_gone(process: str) -> None:
    """Have no sign of life of a process, as when it was killed; its last one may still be on its way to Redis."""
    while True:
        await Script("redis.call('DEL', KEYS[1])")((process_key(process),))


class TestTheLog:
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
