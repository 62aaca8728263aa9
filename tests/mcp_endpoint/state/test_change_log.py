"""The log of changes, in one process and on Redis."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from channels.layers import channel_layers
from pytest_django import Settings
from redis import Redis

from mcp_endpoint.conf import conf
from mcp_endpoint.state import change_log as module
from mcp_endpoint.state.bus import bus
from mcp_endpoint.state.change_log import Change, ChangeLog, RedisChangeLog, announce_change, change_log
from mcp_endpoint.state.redis_client import key
from tests import services
from tests.mcp_endpoint.conftest import Place
from tests.mcp_endpoint.driver import eventually

TOOLS = "notifications/tools/list_changed"


@pytest.fixture(autouse=True)
def layer() -> None:
    channel_layers.backends.clear()


@pytest.fixture
async def log(place: Place) -> ChangeLog:
    found = change_log()
    await found.ready()
    assert isinstance(found, RedisChangeLog) is place.redis
    return found


def append(log: ChangeLog, name: str, user: Any = None, endpoint: str = "default") -> None:
    log.append(endpoint, name, {}, user, None)


def names(changes: list[Change]) -> list[str]:
    return [change.method for change in changes]


class TestALog:
    async def test_tells_in_order_and_keeps_what_it_told(self, log: ChangeLog) -> None:
        heard: list[Change | None] = []
        start = log.position
        log.subscribe("default", 1, heard.append)
        for name in "abc":
            append(log, name)
        await eventually(lambda: len(heard) == 3)
        changes, are_all = await log.after(start)
        assert (names(changes), are_all) == (["a", "b", "c"], True)
        assert heard == changes
        assert names((await log.after(changes[0].position))[0]) == ["b", "c"]
        assert await log.after(log.position) == ([], True)

    async def test_tells_only_whom_it_concerns(self, log: ChangeLog) -> None:
        heard: list[tuple[str, str]] = []
        for name, whom in {"one": ("default", 1), "two": ("default", 2), "there": ("other", 1)}.items():
            log.subscribe(*whom, lambda change, name=name: heard.append((name, change.method)))  # type: ignore[misc]
        append(log, "a", user=1)
        append(log, "b", endpoint="other")
        append(log, "c")
        await eventually(lambda: len(heard) == 4)
        assert sorted(heard) == [("one", "a"), ("one", "c"), ("there", "b"), ("two", "c")]

    async def test_tells_nobody_who_left(self, log: ChangeLog) -> None:
        heard: list[Change | None] = []
        undo = log.subscribe("default", 1, heard.append)
        log.subscribe("default", 2, heard.append)
        undo()
        undo()
        append(log, "a")
        await eventually(lambda: len(heard) == 1)
        assert ("default", 1) not in log._listeners

    async def test_survives_a_listener_that_fails(self, log: ChangeLog, caplog: pytest.LogCaptureFixture) -> None:
        heard: list[Change | None] = []
        log.subscribe("default", 1, lambda change: 1 / 0)
        log.subscribe("default", 2, heard.append)
        append(log, "a")
        append(log, "b")
        await eventually(lambda: len(heard) == 2)
        assert "A listener to changes raised" in caplog.text

    async def test_says_when_it_no_longer_has_all(self, log: ChangeLog, monkeypatch: pytest.MonkeyPatch) -> None:
        start = log.position
        for name in ("a", "b", "c", "d"):
            append(log, name)
        await eventually(lambda: log._recent and log._recent[-1].method == "d")
        position = log._recent[1].position
        log._recent.popleft()
        log._complete_after = log._recent[0].position - 1
        if isinstance(log, RedisChangeLog):
            _trim(position)
        changes, are_all = await log.after(start)
        assert (names(changes)[-2:], are_all) == (["c", "d"], False)

    async def test_is_settled_once_what_was_appended_is_kept(self, log: ChangeLog) -> None:
        append(log, "a")
        await log.settle()
        if isinstance(log, RedisChangeLog):
            assert not log._unsent
        await eventually(lambda: names(list(log._recent)) == ["a"])

    async def test_hears_of_changes_from_plain_code(self, log: ChangeLog) -> None:
        heard: list[Change | None] = []
        log.subscribe("default", 1, heard.append)
        bus().subscribe("any", lambda message: None)
        await asyncio.to_thread(announce_change, "default", TOOLS, 1)
        await eventually(lambda: len(heard) == 1)
        assert heard[0] is not None
        assert (heard[0].method, heard[0].user) == (TOOLS, 1)


def _trim(position: int) -> None:
    """Have Redis drop what is not newer than a position."""
    with Redis.from_url(conf().redis_url) as client:
        client.execute_command("XTRIM", key("changes"), "MINID", f"{position >> 20}-{(position & 0xFFFFF) + 1}")


@pytest.fixture
async def two(on_redis: Place) -> tuple[RedisChangeLog, RedisChangeLog]:
    """The logs of two processes that share a Redis, and a bus."""
    here, there = RedisChangeLog(), RedisChangeLog()
    await here.ready()
    await there.ready()
    return here, there


class TestTwoProcesses:
    async def test_hear_of_each_other_once_and_in_one_order(self, two: tuple[RedisChangeLog, RedisChangeLog]) -> None:
        heard: dict[int, list[str]] = {0: [], 1: []}
        for at, log in enumerate(two):
            log.subscribe("default", 1, lambda change, at=at: heard[at].append(change.method))  # type: ignore[misc]
        for n in range(20):
            append(two[n % 2], str(n))
        await eventually(lambda: len(heard[0]) == len(heard[1]) == 20)
        assert heard[0] == heard[1]
        assert [int(name) for name in heard[0] if int(name) % 2] == list(range(1, 20, 2))

    async def test_read_on_after_a_word_was_lost(self, two: tuple[RedisChangeLog, RedisChangeLog]) -> None:
        here, there = two
        there._on_news = lambda message: None  # type: ignore[method-assign]
        start = here.position
        append(here, "a")
        await eventually(lambda: here.position > start)
        RedisChangeLog._on_news(here, {})
        assert names((await here.after(start))[0]) == ["a"]

    async def test_that_missed_more_than_is_kept_tell_so(
        self, two: tuple[RedisChangeLog, RedisChangeLog], on_redis: Place
    ) -> None:
        here, _ = two
        late = RedisChangeLog()
        await late.ready()
        late._has_begun = True
        heard: list[Change | None] = []
        late.subscribe("default", 1, heard.append)
        late._reading = asyncio.ensure_future(asyncio.Event().wait())  # type: ignore[arg-type]
        for name in "abc":
            append(here, name)
        await eventually(lambda: len(here._recent) == 3)
        _trim(here._recent[1].position)
        late._reading.cancel()
        await asyncio.wait({late._reading})
        late._on_news({})
        await eventually(lambda: len(heard) == 2)
        assert heard[0] is None
        assert heard[1] is not None
        assert heard[1].method == "c"

    async def test_join_where_the_log_ends(self, two: tuple[RedisChangeLog, RedisChangeLog]) -> None:
        append(two[0], "a")
        await eventually(lambda: two[0]._recent)
        late = RedisChangeLog()
        await late.ready()
        assert late.position == two[0].position
        assert await late.after(late.position) == ([], True)
        assert (await late.after(late.position - 1))[1] is True


def test_a_command_beside_the_servers_tells_them(settings: Settings) -> None:
    """Nothing is served in its process, and no event loop runs."""
    settings.REDIS_URL, settings.PUBLIC_URL = services.redis(), f"http://{uuid4().hex}.example.com"
    announce_change("default", TOOLS, 7)
    with Redis.from_url(settings.REDIS_URL) as client:
        ((_, fields),) = client.xrange(key("changes"))
        assert fields[b"change"] == b'["default","notifications/tools/list_changed",{},7,null]'
        assert fields[b"before"] == b"0-0"
        client.delete(*client.scan_iter(f"{conf().redis_prefix}*"))


async def test_what_is_changed_while_redis_is_away_is_logged_later(
    on_redis: Place, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PAUSE", 0.001)
    log = RedisChangeLog()
    await log.ready()
    failures = 3

    async def fail_at_first(*arguments: Any) -> None:
        nonlocal failures
        failures -= 1
        if failures > 0:
            raise module.RedisAwayError
        await real(*arguments)

    real = module._append
    monkeypatch.setattr(module, "_append", fail_at_first)
    for name in "ab":
        append(log, name)
    await eventually(lambda: names(list(log._recent)) == ["a", "b"])


async def test_what_was_logged_although_no_answer_came_is_not_logged_again(
    on_redis: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A Redis that stood still goes on with what it was sent, and so does the one who asked."""
    monkeypatch.setattr(module, "PAUSE", 0.001)
    log = RedisChangeLog()
    await log.ready()
    lost = 2

    async def lose_the_answer(*arguments: Any) -> None:
        nonlocal lost
        await real(*arguments)
        lost -= 1
        if lost == 1:
            append(log, "b")
        if lost >= 0:
            raise module.RedisAwayError

    real = module._append
    monkeypatch.setattr(module, "_append", lose_the_answer)
    append(log, "a")
    await log.settle()
    append(log, "c")
    await eventually(lambda: names(list(log._recent)) == ["a", "b", "c"])
    assert on_redis.client.xlen(key("changes")) == 3
