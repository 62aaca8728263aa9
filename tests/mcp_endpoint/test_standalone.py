"""The standing stream of a session."""

import asyncio
from collections.abc import Callable

import pytest
from pytest_django import Settings

from mcp_endpoint import Context, resource, tool
from mcp_endpoint.events import STANDALONE, events
from mcp_endpoint.standalone import end_session, standalone_streams
from tests.mcp_endpoint.conftest import Site
from tests.mcp_endpoint.driver import eventually
from tests.mcp_endpoint.people import Somebody, let_in, principal

TOOLS = "notifications/tools/list_changed"
UPDATED = "notifications/resources/updated"


@pytest.fixture(autouse=True)
def declared(site: Site) -> None:
    resource("notes://{name}")(lambda name: "")

    @tool()
    def change(ctx: Context, what: str, everyone: bool = False) -> str:
        told: dict[str, Callable[[], None]] = {
            "tools": ctx.tools_changed,
            "prompts": ctx.prompts_changed,
            "resources": ctx.resources_changed,
        }
        if what in told:
            told[what]()
        else:
            ctx.resource_updated(what, everyone=everyone)
        return ""


class TestAStandingStream:
    @pytest.mark.parametrize("what", ["tools", "prompts", "resources"])
    async def test_hears_of_changed_lists(self, site: Site, what: str) -> None:
        session = await site.session()
        stream = await session.listen()
        await session.call("change", {"what": what})
        event = await stream.event()
        assert event.json == {"jsonrpc": "2.0", "method": f"notifications/{what}/list_changed", "params": {}}
        assert event.id == "get.1"
        stream.leave()
        await stream.over()

    async def test_hears_of_a_resource_that_it_subscribed_to(self, site: Site) -> None:
        session = await site.session()
        stream = await session.listen()
        await session.ask("resources/subscribe", {"uri": "notes://a"})
        await session.call("change", {"what": "notes://b"})
        await session.call("change", {"what": "notes://a"})
        assert await stream.message() == {"jsonrpc": "2.0", "method": UPDATED, "params": {"uri": "notes://a"}}
        stream.leave()
        await stream.over()

    async def test_does_not_hear_of_another_users_resource(self, site: Site) -> None:
        session, other = await site.session(), await site.session("bob")
        stream = await session.listen()
        await session.ask("resources/subscribe", {"uri": "notes://a"})
        await other.call("change", {"what": "notes://a"})
        await other.call("change", {"what": "tools"})
        assert (await stream.message())["method"] == TOOLS
        stream.leave()
        await stream.over()

    async def test_hears_of_a_resource_that_changed_for_everyone(self, site: Site) -> None:
        session, other = await site.session(), await site.session("bob")
        stream = await session.listen()
        await session.ask("resources/subscribe", {"uri": "notes://a"})
        await other.call("change", {"what": "notes://a", "everyone": True})
        assert (await stream.message())["params"] == {"uri": "notes://a"}
        stream.leave()
        await stream.over()

    async def test_goes_to_its_newest_reader(self, site: Site) -> None:
        session = await site.session()
        first = await session.listen()
        await eventually(lambda: session.id in standalone_streams()._holders)
        second = await session.listen()
        assert (await first.answer()).events == []
        await session.call("change", {"what": "tools"})
        assert (await second.message())["method"] == TOOLS
        second.leave()
        await second.over()

    async def test_is_taken_up_where_it_broke(self, site: Site) -> None:
        session = await site.session()
        stream = await session.listen()
        await session.call("change", {"what": "tools"})
        last = (await stream.event()).id
        stream.leave()
        await stream.over()
        await session.call("change", {"what": "prompts"})
        resumed = await session.listen(last)
        event = await resumed.event()
        assert (event.id, event.json["method"]) == ("get.2", "notifications/prompts/list_changed")
        resumed.leave()
        await resumed.over()

    async def test_leaves_no_task_behind_when_its_client_leaves(self, site: Site) -> None:
        session = await site.session()
        stream = await session.listen()
        await session.call("change", {"what": "tools"})
        await stream.event()
        before = len(asyncio.all_tasks())
        for _ in range(3):
            stream.leave()
            await stream.over()
            stream = await session.listen()
        await eventually(lambda: len(asyncio.all_tasks()) <= before)
        stream.leave()
        await stream.over()

    async def test_that_nobody_comes_back_for_is_forgotten(self, site: Site, settings: Settings) -> None:
        settings.MCP_EVENT_TTL = 0.01
        session = await site.session()
        stream = await session.listen()
        await eventually(lambda: session.id in standalone_streams()._holders)
        stream.leave()
        await stream.over()
        await eventually(lambda: session.id not in standalone_streams()._holders)
        await session.call("change", {"what": "tools"})
        assert not await events().knows(session.id, STANDALONE)

    async def test_that_was_forgotten_can_be_opened_again(self, site: Site, settings: Settings) -> None:
        settings.MCP_EVENT_TTL = 0.01
        session = await site.session()
        stream = await session.listen()
        await eventually(lambda: session.id in standalone_streams()._holders)
        stream.leave()
        await stream.over()
        await eventually(lambda: session.id not in standalone_streams()._holders)
        again = await session.listen()
        await eventually(lambda: session.id in standalone_streams()._holders)
        await session.call("change", {"what": "tools"})
        assert (await again.message())["method"] == TOOLS
        again.leave()
        await again.over()

    async def test_that_somebody_came_back_for_is_kept(self, site: Site) -> None:
        session = await site.session()
        stream = await session.listen()
        await eventually(lambda: session.id in standalone_streams()._holders)
        holder = standalone_streams()._holders[session.id]
        stream.leave()
        await stream.over()
        await eventually(lambda: holder.expiry is not None)
        again = await session.listen()
        assert holder.expiry is not None
        await eventually(holder.expiry.cancelled)
        assert standalone_streams()._holders[session.id] is holder
        again.leave()
        await again.over()


class TestTheEndOfASession:
    async def test_ends_its_stream(self, site: Site) -> None:
        session = await site.session()
        stream = await session.listen()
        assert await end_session(session.id)
        await stream.answer()

    async def test_forgets_its_events(self, site: Site) -> None:
        session = await site.session()
        stream = await session.listen()
        await session.call("change", {"what": "tools"})
        await stream.event()
        await end_session(session.id)
        await stream.answer()
        assert not await events().knows(session.id, STANDALONE)

    async def test_is_none_for_an_unknown_one(self, site: Site) -> None:
        assert not await end_session("unknown")

    async def test_after_its_client_left_stops_the_wait_for_it(self, site: Site) -> None:
        session = await site.session()
        stream = await session.listen()
        await eventually(lambda: session.id in standalone_streams()._holders)
        holder = standalone_streams()._holders[session.id]
        stream.leave()
        await stream.over()
        await eventually(lambda: holder.expiry is not None)
        await end_session(session.id)
        assert holder.expiry is not None
        await eventually(holder.expiry.cancelled)


async def test_a_change_at_one_endpoint_is_not_heard_at_another(site: Site, settings: Settings) -> None:
    settings.MCP_ENDPOINTS = {
        "default": {"path": "/mcp", "title": "Site"},
        "admin": {"path": "/admin-mcp", "title": "Admin"},
    }
    session = await site.session()
    stream = await session.listen()

    @tool(endpoint="admin")
    async def change_there(ctx: Context) -> str:
        ctx.tools_changed()
        return ""

    let_in("alice", principal(Somebody(1, "alice")))
    client = site.client()
    client.path = "/admin-mcp"
    assert "structuredContent" in (await client.call("change_there")).result
    await session.call("change", {"what": "prompts"})
    assert (await stream.message())["method"] == "notifications/prompts/list_changed"
    stream.leave()
    await stream.over()
