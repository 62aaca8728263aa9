"""The standing stream of a session."""

import asyncio
from collections.abc import Callable

import pytest
from pytest_django import Settings

from mcp_endpoint import Context, resource, tool
from mcp_endpoint.state import change_log as log_module
from mcp_endpoint.state.change_log import change_log
from mcp_endpoint.state.sessions import sessions
from mcp_endpoint.transports.standalone import end_session, standalone_streams, stream_of
from tests.mcp_endpoint.conftest import Place, Site
from tests.mcp_endpoint.driver import Conversation, eventually
from tests.mcp_endpoint.eras import Session
from tests.mcp_endpoint.people import Somebody, let_in, principal

TOOLS = "notifications/tools/list_changed"
UPDATED = "notifications/resources/updated"


@pytest.fixture(autouse=True)
def declared(site: Site, place: Place) -> None:
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


async def primed(session: Session, last: str | None = None) -> tuple[Conversation, str]:
    """An open stream, and the id that it began with: from there on nothing is missed."""
    stream = await session.listen(last)
    first = await stream.event()
    assert (first.data, first.id is None) == ("", False)
    return stream, str(first.id)


async def over(stream: Conversation) -> None:
    stream.leave()
    await stream.over()


class TestAStandingStream:
    @pytest.mark.parametrize("what", ["tools", "prompts", "resources"])
    async def test_hears_of_changed_lists(self, site: Site, what: str) -> None:
        session = await site.session()
        stream, _ = await primed(session)
        await session.call("change", {"what": what})
        event = await stream.event()
        assert event.json == {"jsonrpc": "2.0", "method": f"notifications/{what}/list_changed", "params": {}}
        assert str(event.id).startswith(stream_of(session.id))
        await over(stream)

    async def test_hears_of_a_resource_that_it_subscribed_to(self, site: Site) -> None:
        session = await site.session()
        stream, _ = await primed(session)
        await session.ask("resources/subscribe", {"uri": "notes://a"})
        await session.call("change", {"what": "notes://b"})
        await session.call("change", {"what": "notes://a"})
        assert await stream.message() == {"jsonrpc": "2.0", "method": UPDATED, "params": {"uri": "notes://a"}}
        await session.ask("resources/unsubscribe", {"uri": "notes://a"})
        await session.call("change", {"what": "notes://a"})
        await session.call("change", {"what": "tools"})
        assert (await stream.message())["method"] == TOOLS
        await over(stream)

    async def test_does_not_hear_of_another_users_resource(self, site: Site) -> None:
        session, other = await site.session(), await site.session("bob")
        stream, _ = await primed(session)
        await session.ask("resources/subscribe", {"uri": "notes://a"})
        await other.call("change", {"what": "notes://a"})
        await other.call("change", {"what": "tools"})
        assert (await stream.message())["method"] == TOOLS
        await over(stream)

    async def test_hears_of_a_resource_that_changed_for_everyone(self, site: Site) -> None:
        session, other = await site.session(), await site.session("bob")
        stream, _ = await primed(session)
        await session.ask("resources/subscribe", {"uri": "notes://a"})
        await other.call("change", {"what": "notes://a", "everyone": True})
        assert (await stream.message())["params"] == {"uri": "notes://a"}
        await over(stream)

    async def test_of_a_version_without_priming_begins_with_the_first_change(self, site: Site) -> None:
        session = await site.session(version="2025-06-18")
        stream = await session.listen()
        await eventually(lambda: session.id in standalone_streams()._open)
        await session.call("change", {"what": "tools"})
        assert (await stream.event()).json["method"] == TOOLS
        await over(stream)

    async def test_goes_to_its_newest_reader(self, site: Site) -> None:
        session = await site.session()
        first, _ = await primed(session)
        second, _ = await primed(session)
        assert [event.data for event in (await first.answer()).events] == [""]
        await session.call("change", {"what": "tools"})
        assert (await second.message())["method"] == TOOLS
        await over(second)

    async def test_that_comes_late_leaves_the_newer_one_alone(self, site: Site) -> None:
        session = await site.session()
        record = await sessions().load(session.id)
        assert record is not None
        caller = principal(Somebody(1, "alice"))
        older = await standalone_streams().open(record, caller)
        newer, _ = await primed(session)
        assert [event async for event in older] == []
        await session.call("change", {"what": "tools"})
        assert (await newer.message())["method"] == TOOLS
        await over(newer)

    async def test_that_is_newer_elsewhere_ends_this_one(self, site: Site) -> None:
        """Another process says so over the bus; one that missed it asks the session."""
        session = await site.session()
        stream, _ = await primed(session)
        await sessions().next_reader(session.id)
        standalone_streams()._on_missed({})
        assert len((await stream.answer()).events) == 1

    async def test_is_taken_up_where_it_broke(self, site: Site) -> None:
        session = await site.session()
        stream, _ = await primed(session)
        await session.call("change", {"what": "tools"})
        last = (await stream.event()).id
        await over(stream)
        for what in ("prompts", "resources"):
            await session.call("change", {"what": what})
        resumed = await session.listen(last)
        heard = [await resumed.message() for _ in range(2)]
        assert [message["method"].split("/")[1] for message in heard] == ["prompts", "resources"]
        await over(resumed)

    async def test_is_taken_up_from_its_beginning(self, site: Site) -> None:
        session = await site.session()
        stream, first = await primed(session)
        await over(stream)
        await session.call("change", {"what": "tools"})
        resumed = await session.listen(first)
        assert (await resumed.message())["method"] == TOOLS
        await over(resumed)

    async def test_is_taken_up_only_by_its_session(self, site: Site) -> None:
        session, same_user, other = await site.session(), await site.session(), await site.session("bob")
        stream, first = await primed(session)
        for stranger in (same_user, other):
            refused = stranger.client.send("GET", stranger.headers({"last-event-id": first}))
            assert (await refused.answer()).status == 400
        await over(stream)

    async def test_that_missed_changes_tells_of_everything(self, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
        session = await site.session()
        await session.ask("resources/subscribe", {"uri": "notes://a"})
        stream, first = await primed(session)
        await over(stream)
        await session.call("change", {"what": "tools"})
        await eventually(lambda: change_log().position > int(first.rpartition(".")[2]))
        change_log()._begin_at(change_log().position)
        monkeypatch.setattr(log_module.RedisChangeLog, "_older", log_module.ChangeLog._older)
        resumed = await session.listen(first)
        heard = [(await resumed.message()) for _ in range(4)]
        assert [message["method"].split("/")[1] for message in heard] == ["tools", "prompts", "resources", "resources"]
        assert heard[3]["params"] == {"uri": "notes://a"}
        await over(resumed)

    async def test_leaves_no_task_behind_when_its_client_leaves(self, site: Site) -> None:
        session = await site.session()
        stream, _ = await primed(session)
        before = len(asyncio.all_tasks())
        for _ in range(3):
            await over(stream)
            stream, _ = await primed(session)
        await eventually(lambda: len(asyncio.all_tasks()) <= before)
        await over(stream)
        assert standalone_streams()._open == {}

    async def test_keeps_its_session_from_being_idle(self, site: Site, settings: Settings) -> None:
        session = await site.session()
        settings.MCP_SESSION_IDLE = 2.0
        stream, _ = await primed(session)
        begun = asyncio.get_running_loop().time()
        await eventually(lambda: asyncio.get_running_loop().time() > begun + 3.0)
        assert (await session.ask("ping")).status == 200
        await over(stream)

    async def test_ends_when_its_session_was_forgotten(self, site: Site, settings: Settings) -> None:
        session = await site.session()
        stream, _ = await primed(session)
        await sessions().delete(session.id)
        standalone_streams()._on_missed({})
        await stream.answer()


class TestTheEndOfASession:
    async def test_ends_its_stream(self, site: Site) -> None:
        session = await site.session()
        stream, _ = await primed(session)
        assert await end_session(session.id)
        await stream.answer()

    async def test_is_none_for_an_unknown_one(self, site: Site) -> None:
        assert not await end_session("unknown")


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
