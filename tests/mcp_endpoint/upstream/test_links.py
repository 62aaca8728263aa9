"""Waiting for a link: a notice ends it at once, a look into the database without one, and promises are kept once."""

import asyncio

import pytest
from channels.layers import channel_layers

from accounts.upstream import tokens
from mcp_endpoint.state.change_log import Change, change_log
from mcp_endpoint.state.sessions import SessionRecord
from mcp_endpoint.upstream import links as links_module
from mcp_endpoint.upstream.links import COMPLETE, KIND, Links
from tests.mcp_endpoint.driver import eventually


class Database:
    """Which accounts are linked, and how often that was looked at."""

    def __init__(self) -> None:
        self.linked: set[tuple[int, str]] = set()
        self.looks = 0

    def is_linked(self, user_id: int, provider: str) -> bool:
        self.looks += 1
        return (user_id, provider) in self.linked


@pytest.fixture
def database(monkeypatch: pytest.MonkeyPatch) -> Database:
    channel_layers.backends.clear()
    made = Database()
    monkeypatch.setattr(tokens, "is_linked", made.is_linked)
    return made


def notice(user: str, elicitation: str = "") -> dict[str, str]:
    return {"kind": KIND, "user": user, "provider": "github", "elicitation": elicitation}


async def test_one_that_is_there_already_is_not_waited_for(database: Database) -> None:
    database.linked.add((1, "github"))
    assert await Links().linked(1, "github", 0)


async def test_a_notice_ends_it_at_once(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(links_module, "LOOK", 600)
    here = Links()
    waiting = asyncio.ensure_future(here.linked(1, "github", 600))
    await eventually(lambda: database.looks == 1)
    database.linked.add((1, "github"))
    here._on_linked(notice("1"))
    async with asyncio.timeout(10):
        assert await waiting


async def test_it_is_found_without_a_notice(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of another process that no bus reaches."""
    monkeypatch.setattr(links_module, "LOOK", 0.01)
    waiting = asyncio.ensure_future(Links().linked(1, "github", 600))
    await eventually(lambda: database.looks >= 1)
    database.linked.add((1, "github"))
    async with asyncio.timeout(10):
        assert await waiting


async def test_another_users_is_no_answer(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(links_module, "LOOK", 0.01)
    here = Links()
    waiting = asyncio.ensure_future(here.linked(1, "github", 600))
    await eventually(lambda: database.looks >= 1)
    database.linked.add((2, "github"))
    here._on_linked(notice("2"))
    seen = database.looks
    await eventually(lambda: database.looks > seen + 2)
    assert not waiting.done()
    waiting.cancel()


async def test_it_ends_when_time_is_up(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(links_module, "LOOK", 0.01)
    assert not await Links().linked(1, "github", 0.02)


async def test_a_session_hears_of_what_it_was_promised_once(database: Database) -> None:
    here = Links()
    mine, other = (SessionRecord("1:client", "default", "2025-11-25", {}, {}) for _ in range(2))
    here.promise("an-elicitation", mine, 1)
    here.promise("another", other, 1)
    heard: list[Change | None] = []
    change_log().subscribe("default", 1, heard.append)
    for _ in range(2):
        here._on_linked(notice("1", "an-elicitation"))
    (change,) = heard
    assert change is not None
    assert (change.method, change.params) == (COMPLETE, {"elicitationId": "an-elicitation"})
    assert change.concerns("default", 1, mine.id)
    assert not change.concerns("default", 1, other.id)
    assert list(here._promises) == ["another"]


async def test_nothing_is_left_of_those_who_waited(database: Database) -> None:
    database.linked.add((1, "github"))
    here = Links()
    await asyncio.gather(*(here.linked(1, "github", 1) for _ in range(3)))
    assert here._waiting == {}


async def test_old_promises_are_forgotten(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    here, session = Links(), SessionRecord("1:client", "default", "2025-11-25", {}, {})
    monkeypatch.setattr(links_module, "PROMISED_FOR", -1.0)
    here.promise("old", session, 1)
    here.promise("new", session, 1)
    assert list(here._promises) == ["new"]
