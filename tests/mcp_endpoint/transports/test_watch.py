"""How a running call of the 2026 era ends early: its client leaves, its access ends, it is not read."""

import asyncio
from typing import Any

import pytest
from pytest_django import Settings

from mcp_endpoint import Context, tool
from mcp_endpoint import patience as patience_module
from mcp_endpoint.transports import backlog
from oauth_bridge.signals import access_ended
from tests.mcp_endpoint.conftest import Site
from tests.mcp_endpoint.people import let_in, principal

INVALID_REQUEST = -32600


class Sleeper:
    """A tool that waits until it is cancelled, and says how it went."""

    def __init__(self) -> None:
        self.started, self.cancelled = asyncio.Event(), asyncio.Event()
        self.running: asyncio.Queue[None] = asyncio.Queue()
        """One item for each call that has begun."""
        tool(name="sleep")(self.sleep)
        tool(name="talk")(self.talk)

    async def sleep(self) -> str:
        self.started.set()
        self.running.put_nowait(None)
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.cancelled.set()
            raise
        return ""

    async def talk(self, ctx: Context) -> str:
        ctx.progress(1)
        return await self.sleep()


TALKING: dict[str, Any] = {"meta": {"progressToken": "t"}}


async def until(event: asyncio.Event) -> None:
    async with asyncio.timeout(30):
        await event.wait()


@pytest.fixture
def sleeper(site: Site, monkeypatch: pytest.MonkeyPatch) -> Sleeper:
    monkeypatch.setattr(patience_module, "SOON", 0)
    return Sleeper()


class TestAClientThatLeaves:
    async def test_cancels_its_call(self, site: Site, sleeper: Sleeper) -> None:
        conversation = site.client().open_modern("tools/call", {"name": "sleep"})
        await until(sleeper.started)
        conversation.leave()
        await until(sleeper.cancelled)
        await conversation.over()

    async def test_gets_nothing_more_on_its_stream(self, site: Site, sleeper: Sleeper) -> None:
        conversation = site.client().open_modern("tools/call", {"name": "talk"}, **TALKING)
        assert (await conversation.message())["method"] == "notifications/progress"
        conversation.leave()
        assert len((await conversation.answer()).messages) == 1

    async def test_is_noticed_only_after_a_disconnect(self, site: Site, sleeper: Sleeper) -> None:
        conversation = site.client().open_modern("tools/call", {"name": "sleep"})
        await until(sleeper.started)
        conversation.feed(b"")
        conversation.leave()
        await until(sleeper.cancelled)
        await conversation.over()


class TestAccessThatEnds:
    async def test_ends_a_call_with_401(self, site: Site, sleeper: Sleeper) -> None:
        conversation = site.client().open_modern("tools/call", {"name": "sleep"})
        await until(sleeper.started)
        access_ended.send(None, connection_ids=frozenset({1}))
        answer = await conversation.answer()
        assert (answer.status, answer.error["code"]) == (401, INVALID_REQUEST)
        assert 'error="invalid_token"' in answer.headers["www-authenticate"]
        assert sleeper.cancelled.is_set()

    async def test_ends_a_stream_without_a_result(self, site: Site, sleeper: Sleeper) -> None:
        conversation = site.client().open_modern("tools/call", {"name": "talk"}, **TALKING)
        await conversation.message()
        access_ended.send(None, connection_ids=frozenset({1}))
        assert len((await conversation.answer()).messages) == 1

    async def test_does_not_end_the_calls_of_others(self, site: Site, sleeper: Sleeper) -> None:
        conversation = site.client().open_modern("tools/call", {"name": "sleep"})
        other = site.client("bob").open_modern("tools/call", {"name": "sleep"})
        await sleeper.running.get()
        await sleeper.running.get()
        access_ended.send(None, connection_ids=frozenset({2}))
        await other.answer()
        assert conversation.start is None
        conversation.leave()
        await conversation.over()

    async def test_ends_a_call_when_the_token_expires(self, site: Site, sleeper: Sleeper) -> None:
        let_in("brief", principal(lasts=0.01))
        answer = await site.client("brief").call("sleep")
        assert answer.status == 401


async def test_a_silent_call_becomes_a_stream_that_shows_life(site: Site, sleeper: Sleeper, settings: Settings) -> None:
    settings.MCP_KEEP_ALIVE = 0.001
    conversation = site.client().open_modern("tools/call", {"name": "sleep"})
    assert (await conversation.event()).comment == "keep-alive"
    conversation.leave()
    await conversation.over()


async def test_a_call_whose_client_does_not_read_is_cancelled(
    site: Site, sleeper: Sleeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backlog, "MAX_PENDING", 2)

    @tool()
    async def flood(ctx: Context) -> str:
        for n in range(4):
            ctx.progress(n)
        return await sleeper.sleep()

    conversation = site.client().open_modern("tools/call", {"name": "flood"}, **TALKING)
    await until(sleeper.cancelled)
    assert len((await conversation.answer()).messages) <= 2


async def test_a_cancelled_server_cancels_its_calls(site: Site, sleeper: Sleeper) -> None:
    conversation = site.client().open_modern("tools/call", {"name": "sleep"})
    await until(sleeper.started)
    assert conversation.task is not None
    conversation.task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await conversation.task
    assert sleeper.cancelled.is_set()
