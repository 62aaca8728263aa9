"""`subscriptions/listen` of the 2026 era: what a stream asked for, and may hear."""

from typing import Any

import pytest

from mcp_endpoint import Context, resource, tool
from mcp_endpoint.changes import _CallersEvents
from mcp_endpoint.sdk import ToolsListChanged
from oauth_bridge.signals import access_ended
from tests.mcp_endpoint.conftest import Site
from tests.mcp_endpoint.driver import Conversation, Json
from tests.mcp_endpoint.eras import PREFIX, Client
from tests.mcp_endpoint.people import Somebody, let_in, principal

ACKNOWLEDGED = "notifications/subscriptions/acknowledged"
UPDATED = "notifications/resources/updated"


@pytest.fixture(autouse=True)
def declared(site: Site) -> None:
    resource("notes://{name}")(lambda name: "")
    resource("guarded://{name}", permission="notes.view")(lambda name: "")

    @tool()
    async def change(ctx: Context, uri: str | None = None, everyone: bool = False) -> str:
        if uri is not None:
            ctx.resource_updated(uri, everyone=everyone)
        else:
            ctx.tools_changed()
            ctx.prompts_changed()
            ctx.resources_changed()
        return ""


async def listening(client: Client, id: Any = "L", **wanted: Any) -> tuple[Conversation, Json]:
    """A listen stream, and what it was acknowledged."""
    stream = client.open_modern("subscriptions/listen", {"notifications": wanted}, id=id)
    first = await stream.message()
    assert first["method"] == ACKNOWLEDGED
    return stream, first["params"]


async def over(stream: Conversation) -> None:
    stream.leave()
    await stream.over()


class TestAListenStream:
    async def test_is_acknowledged_first(self, site: Site) -> None:
        stream, told = await listening(site.client(), toolsListChanged=True)
        assert told["notifications"] == {"toolsListChanged": True}
        await over(stream)

    @pytest.mark.parametrize("id", ["L", 7])
    async def test_names_its_request_in_every_message(self, site: Site, id: Any) -> None:
        stream, told = await listening(site.client(), id, toolsListChanged=True)
        await site.client().call("change")
        told_too = (await stream.message())["params"]
        assert [params["_meta"][f"{PREFIX}subscriptionId"] for params in (told, told_too)] == [id, id]
        await over(stream)

    @pytest.mark.parametrize("kind", ["tools", "prompts", "resources"])
    async def test_hears_only_of_what_it_asked_for(self, site: Site, kind: str) -> None:
        stream, _ = await listening(site.client(), **{f"{kind}ListChanged": True})
        await site.client().call("change")
        await site.client().call("change")
        heard = [(await stream.message())["method"] for _ in range(2)]
        assert heard == [f"notifications/{kind}/list_changed"] * 2
        await over(stream)

    async def test_hears_of_this_users_resources(self, site: Site) -> None:
        stream, told = await listening(site.client(), resourceSubscriptions=["notes://a"])
        assert told["notifications"] == {"resourceSubscriptions": ["notes://a"]}
        await site.client().call("change", {"uri": "notes://b"})
        await site.client().call("change", {"uri": "notes://a"})
        message = await stream.message()
        assert (message["method"], message["params"]["uri"]) == (UPDATED, "notes://a")
        await over(stream)

    async def test_does_not_hear_of_another_users_resources(self, site: Site) -> None:
        stream, _ = await listening(site.client(), resourceSubscriptions=["notes://a"], toolsListChanged=True)
        await site.client("bob").call("change", {"uri": "notes://a"})
        await site.client("bob").call("change")
        assert (await stream.message())["method"] == "notifications/tools/list_changed"
        await over(stream)

    async def test_hears_of_a_resource_that_changed_for_everyone(self, site: Site) -> None:
        stream, _ = await listening(site.client(), resourceSubscriptions=["notes://a"])
        await site.client("bob").call("change", {"uri": "notes://a", "everyone": True})
        assert (await stream.message())["params"]["uri"] == "notes://a"
        await over(stream)

    async def test_is_not_granted_what_its_user_may_not_read(self, site: Site) -> None:
        wanted = ["notes://a", "guarded://a", "unknown://a"]
        stream, told = await listening(site.client(), resourceSubscriptions=wanted)
        assert told["notifications"] == {"resourceSubscriptions": ["notes://a"]}
        await over(stream)

    async def test_is_granted_what_its_user_has_the_permission_for(self, site: Site) -> None:
        let_in("carol", principal(Somebody(3, "carol", {"notes.view"})))
        stream, told = await listening(site.client("carol"), resourceSubscriptions=["guarded://a"])
        assert told["notifications"] == {"resourceSubscriptions": ["guarded://a"]}
        await over(stream)

    async def test_may_ask_for_nothing(self, site: Site) -> None:
        stream, told = await listening(site.client())
        assert told["notifications"] == {}
        await over(stream)

    async def test_ends_when_access_ends(self, site: Site) -> None:
        stream, _ = await listening(site.client(), toolsListChanged=True)
        access_ended.send(None, connection_ids=frozenset({1}))
        await stream.answer()

    async def test_ends_when_the_token_expires(self, site: Site) -> None:
        let_in("brief", principal(lasts=2))
        stream, _ = await listening(site.client("brief"), toolsListChanged=True)
        await stream.answer()

    async def test_does_not_hear_of_another_endpoint(self, site: Site, settings: Any) -> None:
        settings.MCP_ENDPOINTS = {
            "default": {"path": "/mcp", "title": "Site"},
            "admin": {"path": "/admin-mcp", "title": "Admin"},
        }
        tool(name="change", endpoint="admin")(site.registry.tools["change"].function)
        stream, _ = await listening(site.client(), toolsListChanged=True, resourceSubscriptions=["notes://a"])
        there = site.client()
        there.path = "/admin-mcp"
        await there.call("change")
        await site.client().call("change", {"uri": "notes://a"})
        assert (await stream.message())["method"] == UPDATED
        await over(stream)


async def test_nothing_is_published_through_the_sdks_bus() -> None:
    with pytest.raises(RuntimeError, match="publish_soon"):
        await _CallersEvents(None).publish(ToolsListChanged())  # type: ignore[arg-type]  # not looked at
