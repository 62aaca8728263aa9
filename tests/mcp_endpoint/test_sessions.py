"""Session records and how long they live."""

import pytest
from pytest_django import Settings

from mcp_endpoint.sessions import InProcessSessions, SessionLimitError, SessionRecord, sessions
from tests.mcp_endpoint.conftest import Clock


def record(owner: str = "1:client") -> SessionRecord:
    return SessionRecord(owner, "default", "2025-11-25", {}, {})


def test_a_session_id_is_visible_ascii_and_never_the_same_twice() -> None:
    """MCP 2025-11-25 basic/transports, session management."""
    ids = {record().id for _ in range(100)}
    assert len(ids) == 100
    assert all(0x21 <= ord(char) <= 0x7E for char in "".join(ids))
    assert min(len(name) for name in ids) >= 32


async def test_a_session_that_was_kept_is_found() -> None:
    store, kept = InProcessSessions(), record()
    await store.create(kept)
    assert await store.load(kept.id) is kept


async def test_an_unknown_session_is_not_found() -> None:
    assert await InProcessSessions().load("unknown") is None


async def test_a_deleted_session_is_not_found() -> None:
    store, kept = InProcessSessions(), record()
    await store.create(kept)
    assert await store.delete(kept.id)
    assert await store.load(kept.id) is None


async def test_an_unknown_session_cannot_be_deleted() -> None:
    assert not await InProcessSessions().delete("unknown")


async def test_saving_does_not_bring_a_deleted_session_back() -> None:
    store, gone = InProcessSessions(), record()
    await store.save(gone)
    assert await store.load(gone.id) is None


async def test_an_idle_session_is_forgotten(clock: Clock, settings: Settings) -> None:
    settings.MCP_SESSION_IDLE = 60
    store, kept = InProcessSessions(), record()
    await store.create(kept)
    clock.now += 61
    assert await store.load(kept.id) is None


async def test_use_begins_the_idle_time_anew(clock: Clock, settings: Settings) -> None:
    settings.MCP_SESSION_IDLE = 60
    store, kept = InProcessSessions(), record()
    await store.create(kept)
    for _ in range(3):
        clock.now += 50
        assert await store.load(kept.id) is kept


async def test_only_the_idle_ones_are_forgotten(clock: Clock, settings: Settings) -> None:
    settings.MCP_SESSION_IDLE = 60
    store, used, idle = InProcessSessions(), record(), record()
    await store.create(used)
    await store.create(idle)
    clock.now += 50
    await store.load(used.id)
    clock.now += 50
    assert await store.load(used.id) is used
    assert await store.load(idle.id) is None


async def test_saving_counts_as_use(clock: Clock, settings: Settings) -> None:
    settings.MCP_SESSION_IDLE = 60
    store, kept = InProcessSessions(), record()
    await store.create(kept)
    clock.now += 50
    await store.save(kept)
    clock.now += 50
    assert await store.load(kept.id) is kept


async def test_an_old_session_that_is_used_does_not_shield_idle_ones(clock: Clock, settings: Settings) -> None:
    """The order of the store is the order of use, by whatever way a session was used."""
    settings.MCP_SESSION_IDLE = 60
    store, saved, idle = InProcessSessions(), record(), record()
    await store.create(saved)
    await store.create(idle)
    clock.now += 50
    await store.save(saved)
    clock.now += 20
    assert await store.load(idle.id) is None


async def test_a_full_store_takes_no_more(settings: Settings) -> None:
    settings.MCP_MAX_SESSIONS = 1
    store = InProcessSessions()
    await store.create(record())
    with pytest.raises(SessionLimitError):
        await store.create(record())


async def test_a_full_store_makes_room_by_forgetting_idle_ones(clock: Clock, settings: Settings) -> None:
    settings.MCP_MAX_SESSIONS, settings.MCP_SESSION_IDLE = 1, 60
    store, kept = InProcessSessions(), record()
    await store.create(record())
    clock.now += 61
    await store.create(kept)
    assert await store.load(kept.id) is kept


def test_there_is_one_store() -> None:
    assert sessions() is sessions()
