"""Session records and how long they live, in one process and on Redis."""

import asyncio
from dataclasses import replace

import pytest
from pytest_django import Settings

from mcp_endpoint.state import redis_client, redis_sessions
from mcp_endpoint.state import sessions as sessions_module
from mcp_endpoint.state.redis_client import RedisAwayError
from mcp_endpoint.state.redis_sessions import RedisSessions, session_key
from mcp_endpoint.state.sessions import (
    InProcessSessions,
    SessionLimitError,
    SessionStore,
    sessions,
)
from tests.live import free_port
from tests.mcp_endpoint.conftest import Clock, Place
from tests.mcp_endpoint.driver import eventually
from tests.mcp_endpoint.state.samples import record


@pytest.fixture
def store(place: Place) -> SessionStore:
    return RedisSessions() if place.redis else InProcessSessions()


def test_a_session_id_is_visible_ascii_and_never_the_same_twice() -> None:
    """MCP 2025-11-25 basic/transports, session management."""
    ids = {record().id for _ in range(100)}
    assert len(ids) == 100
    assert all(0x21 <= ord(char) <= 0x7E for char in "".join(ids))
    assert min(len(name) for name in ids) >= 32


class TestAStore:
    async def test_finds_a_session_that_was_kept(self, store: SessionStore) -> None:
        kept = record()
        await store.create(kept)
        assert await store.load(kept.id) == kept

    @pytest.mark.parametrize("session_id", ["", "unknown", "\x00", "é:\ufffd", "x" * 10_000])
    async def test_finds_no_unknown_session(self, store: SessionStore, session_id: str) -> None:
        assert await store.load(session_id) is None

    async def test_forgets_a_deleted_session(self, store: SessionStore) -> None:
        kept = record()
        await store.create(kept)
        assert await store.delete(kept.id)
        assert await store.load(kept.id) is None
        assert not await store.delete(kept.id)

    async def test_keeps_what_was_agreed_on_later(self, store: SessionStore) -> None:
        kept = record()
        await store.create(kept)
        later = replace(kept, protocol_version="2025-06-18", client_info={"name": "other"}, capabilities={})
        await store.agree(later)
        assert await store.load(kept.id) == later

    async def test_keeps_the_log_level(self, store: SessionStore) -> None:
        kept = record()
        await store.create(kept)
        await store.set_log_level(kept.id, "error")
        assert await store.load(kept.id) == replace(kept, log_level="error")

    async def test_keeps_subscriptions_until_they_end(self, store: SessionStore) -> None:
        kept = record()
        await store.create(kept)
        for uri in ("notes://a", "notes://b", "notes://ü", "notes://a"):
            assert await store.subscribe(kept.id, uri, 3)
        await store.unsubscribe(kept.id, "notes://b")
        await store.unsubscribe(kept.id, "notes://never")
        found = await store.load(kept.id)
        assert found is not None
        assert found.subscriptions == {"notes://a", "notes://ü"}

    async def test_keeps_no_more_subscriptions_than_allowed(self, store: SessionStore) -> None:
        kept = record()
        await store.create(kept)
        taken = await asyncio.gather(*(store.subscribe(kept.id, f"notes://{n}", 5) for n in range(12)))
        assert sum(taken) == 5
        found = await store.load(kept.id)
        assert found is not None
        assert len(found.subscriptions) == 5

    async def test_loses_none_of_two_changes_at_once(self, store: SessionStore) -> None:
        kept = record()
        await store.create(kept)
        uris = [f"notes://{n}" for n in range(20)]
        await asyncio.gather(
            *(store.subscribe(kept.id, uri, 100) for uri in uris), store.set_log_level(kept.id, "info")
        )
        assert await store.load(kept.id) == replace(kept, log_level="info", subscriptions=frozenset(uris))

    async def test_numbers_the_readers_of_a_session(self, store: SessionStore) -> None:
        kept = record()
        await store.create(kept)
        assert sorted(await asyncio.gather(*(store.next_reader(kept.id) for _ in range(5)))) == [1, 2, 3, 4, 5]
        assert await store.load(kept.id) == replace(kept, reader=5)

    async def test_brings_no_deleted_session_back(self, store: SessionStore) -> None:
        gone = record()
        await store.agree(gone)
        await store.set_log_level(gone.id, "info")
        await store.subscribe(gone.id, "notes://a", 9)
        await store.unsubscribe(gone.id, "notes://a")
        assert await store.next_reader(gone.id) == 0
        assert await store.load(gone.id) is None

    async def test_that_is_full_takes_no_more(self, store: SessionStore, settings: Settings) -> None:
        settings.MCP_MAX_SESSIONS = 3
        results = await asyncio.gather(*(store.create(record()) for _ in range(8)), return_exceptions=True)
        assert [type(result) for result in results if result is not None] == [SessionLimitError] * 5

    async def test_that_is_full_has_room_after_a_deletion(self, store: SessionStore, settings: Settings) -> None:
        settings.MCP_MAX_SESSIONS = 1
        first, second = record(), record()
        await store.create(first)
        await store.delete(first.id)
        await store.create(second)
        assert await store.load(second.id) == second

    async def test_takes_so_many_of_one_user_whatever_their_clients(
        self, store: SessionStore, settings: Settings
    ) -> None:
        settings.MCP_MAX_SESSIONS_PER_USER = 2
        first, second = record("1:one"), record("1:two")
        await store.create(first)
        await store.create(second)
        with pytest.raises(SessionLimitError) as raised:
            await store.create(record("1:three"))
        assert raised.value.per_user
        await store.create(record("10:one"))
        await store.delete(first.id)
        await store.create(record("1:three"))
        assert await store.load(second.id) == second

    async def test_gives_the_place_of_one_that_was_left_behind(
        self, store: SessionStore, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for module in (sessions_module, redis_sessions):
            monkeypatch.setattr(module, "STALE_SECONDS", 0.0)
        settings.MCP_MAX_SESSIONS_PER_USER = 2
        # Of two that were used in one millisecond, Redis takes the lesser id for the older.
        left, used = sorted((record(), record()), key=lambda one: one.id)
        new = record()
        await store.create(left)
        await store.create(used)
        await store.create(new)
        assert [await store.load(one.id) for one in (left, used, new)] == [None, used, new]


class TestIdleSessionsOfAProcess:
    async def test_are_forgotten(self, clock: Clock, settings: Settings) -> None:
        settings.MCP_SESSION_IDLE = 60
        store, kept = InProcessSessions(), record()
        await store.create(kept)
        clock.now += 61
        assert await store.load(kept.id) is None

    @pytest.mark.parametrize("use", [InProcessSessions.load, InProcessSessions.next_reader])
    async def test_begin_their_idle_time_anew_with_each_use(
        self, clock: Clock, settings: Settings, use: object
    ) -> None:
        settings.MCP_SESSION_IDLE = 60
        store, kept = InProcessSessions(), record()
        await store.create(kept)
        for _ in range(3):
            clock.now += 50
            assert await use(store, kept.id)

    async def test_do_not_take_used_ones_with_them(self, clock: Clock, settings: Settings) -> None:
        settings.MCP_SESSION_IDLE = 60
        store, used, idle = InProcessSessions(), record(), record()
        await store.create(used)
        await store.create(idle)
        clock.now += 50
        await store.load(used.id)
        clock.now += 50
        assert await store.load(used.id) == used
        assert await store.load(idle.id) is None

    async def test_are_not_shielded_by_an_old_one_that_is_used(self, clock: Clock, settings: Settings) -> None:
        """The order of the store is the order of use, by whatever way a session was used."""
        settings.MCP_SESSION_IDLE = 60
        store, changed, idle = InProcessSessions(), record(), record()
        await store.create(changed)
        await store.create(idle)
        clock.now += 50
        await store.set_log_level(changed.id, "info")
        clock.now += 20
        assert await store.load(idle.id) is None

    async def test_make_room(self, clock: Clock, settings: Settings) -> None:
        settings.MCP_MAX_SESSIONS, settings.MCP_SESSION_IDLE = 1, 60
        store, kept = InProcessSessions(), record()
        await store.create(record())
        clock.now += 61
        await store.create(kept)
        assert await store.load(kept.id) == kept


class TestIdleSessionsOnRedis:
    async def test_are_kept_a_little_longer_than_promised(self, on_redis: Place, settings: Settings) -> None:
        """Uses are written down now and then alone; between two of them no session may end too early."""
        settings.MCP_SESSION_IDLE = 3600
        kept = record()
        await RedisSessions().create(kept)
        assert 3600 < on_redis.expires_in(session_key(kept.id)) <= 3660

    async def test_are_forgotten_and_make_room(self, on_redis: Place, settings: Settings) -> None:
        settings.MCP_MAX_SESSIONS, settings.MCP_SESSION_IDLE = 1, 1.5
        store, first, second = RedisSessions(), record(), record()
        await store.create(first)
        with pytest.raises(SessionLimitError):
            await store.create(second)
        await eventually(lambda: on_redis.expires_in(session_key(first.id)) < 0)
        await store.create(second)
        assert await store.load(second.id) == second

    async def test_live_on_with_each_use(self, on_redis: Place, settings: Settings) -> None:
        settings.MCP_SESSION_IDLE = 10
        store, kept = RedisSessions(), record()
        await store.create(kept)
        await eventually(lambda: on_redis.expires_in(session_key(kept.id)) < 9.9)
        assert await store.load(kept.id) == kept
        assert on_redis.expires_in(session_key(kept.id)) > 9.9

    async def test_are_not_written_to_with_each_use(self, on_redis: Place, settings: Settings) -> None:
        settings.MCP_SESSION_IDLE = 3600
        store, kept = RedisSessions(), record()
        await store.create(kept)
        before = on_redis.expires_in(session_key(kept.id))
        await eventually(lambda: on_redis.expires_in(session_key(kept.id)) < before - 0.01)
        await store.load(kept.id)
        assert on_redis.expires_in(session_key(kept.id)) < before


async def test_without_its_redis_a_store_says_so(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"
    for _ in range(2):
        with pytest.raises(RedisAwayError) as raised:
            await RedisSessions().load("any")
        assert (raised.value.status, dict(raised.value.headers)) == (503, {b"retry-after": b"2"})
    assert len([line for line in caplog.messages if "does not answer" in line]) == 1


async def test_a_connection_that_was_lost_unseen_means_that_redis_is_away(
    on_redis: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def lost(*_: object) -> None:
        raise RuntimeError("unable to perform operation on <TCPTransport closed=True>; the handler is closed")

    monkeypatch.setattr(redis_client.redis()._client, "execute_command", lost)
    with pytest.raises(RedisAwayError):
        await RedisSessions().load("any")


async def test_what_redis_refuses_is_logged(on_redis: Place, caplog: pytest.LogCaptureFixture) -> None:
    on_redis.client.set(session_key("no-hash"), "")
    with pytest.raises(RedisAwayError):
        await RedisSessions().load("no-hash")
    assert "WRONGTYPE" in caplog.text


def test_there_is_one_store() -> None:
    assert sessions() is sessions()


def test_the_store_is_shared_where_there_is_a_redis(settings: Settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    sessions.cache_clear()
    assert isinstance(sessions(), RedisSessions)
    sessions.cache_clear()
