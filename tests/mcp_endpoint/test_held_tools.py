"""Tools that changed since the user saw them, and callers that were let in for reading only."""

from dataclasses import replace
from typing import Any

import pytest

from mcp_endpoint import prompt, resource, tool
from oauth_bridge.signals import tools_changed
from tests.mcp_endpoint.conftest import Site
from tests.mcp_endpoint.eras import Client
from tests.mcp_endpoint.people import Somebody, let_in, principal

RESOURCE = "http://localhost:8000/mcp"
CHANGED = "notifications/tools/list_changed"


@pytest.fixture(autouse=True)
def declared(site: Site) -> None:
    tool(name="look", read_only=True)(lambda: "a view")
    tool(name="write")(lambda: "written")
    tool(name="wipe", destructive=True)(lambda: "wiped")


async def names(client: Client) -> list[str]:
    return [listed["name"] for listed in (await client.modern("tools/list")).result["tools"]]


class TestAHeldTool:
    @pytest.fixture
    def client(self, site: Site) -> Client:
        let_in("held", replace(principal(connection_id=7), held_tools=frozenset({"look", "gone"})))
        return site.client("held")

    async def test_is_left_out_of_the_list(self, client: Client) -> None:
        assert await names(client) == ["write", "wipe"]

    async def test_says_where_its_user_can_see_the_difference(self, client: Client) -> None:
        result = (await client.call("look")).result
        assert result["isError"] is True
        assert "http://localhost:8000/account/connections/7/" in result["content"][0]["text"]

    async def test_does_not_run(self, client: Client) -> None:
        assert "a view" not in str((await client.call("look")).result)

    async def test_leaves_others_as_they_were(self, client: Client) -> None:
        assert (await client.call("write")).result["content"][0]["text"] == "written"

    async def test_that_the_caller_may_not_reach_is_unknown(self, site: Site) -> None:
        tool(name="guarded", permission="notes.view")(lambda: "")
        let_in("held", replace(principal(), held_tools=frozenset({"guarded"})))
        assert "Unknown tool" in (await site.client("held").call("guarded")).error["message"]

    async def test_that_the_caller_could_reach_by_permission_says_so(self, site: Site) -> None:
        tool(name="guarded", permission="notes.view")(lambda: "")
        caller = principal(Somebody(1, "alice", {"notes.view"}))
        let_in("held", replace(caller, held_tools=frozenset({"guarded"})))
        assert "held back" in str((await site.client("held").call("guarded")).result)


class TestACallerForReadingOnly:
    @pytest.fixture
    def client(self, site: Site) -> Client:
        resource("notes://all", name="all")(lambda: "notes")
        prompt(name="ask")(lambda: "asked")
        let_in("reader", replace(principal(), read_only=True))
        return site.client("reader")

    async def test_sees_tools_that_read(self, client: Client) -> None:
        assert await names(client) == ["look"]

    async def test_can_call_them(self, client: Client) -> None:
        assert (await client.call("look")).result["content"][0]["text"] == "a view"

    @pytest.mark.parametrize("name", ["write", "wipe"])
    async def test_knows_no_others(self, client: Client, name: str) -> None:
        assert "Unknown tool" in (await client.call(name)).error["message"]

    async def test_reads_resources_and_prompts(self, client: Client) -> None:
        assert (await client.modern("resources/read", {"uri": "notes://all"})).result["contents"][0]["text"] == "notes"
        assert (await client.modern("prompts/get", {"name": "ask"})).result["messages"]


class TestWordOfOtherTools:
    """The user looked at a connection, or changed it: its clients list the tools anew."""

    def send(self, **changes: Any) -> None:
        tools_changed.send(sender=None, **{"user_id": 1, "resource": RESOURCE, **changes})

    async def test_reaches_listen_streams_of_the_user(self, site: Site) -> None:
        stream = site.client().open_modern("subscriptions/listen", {"notifications": {"toolsListChanged": True}})
        await stream.message()
        self.send(user_id=2)
        self.send(resource="http://localhost:8000/other")
        self.send()
        assert (await stream.message())["method"] == CHANGED
        stream.leave()
        await stream.over()

    async def test_reaches_the_streams_of_sessions(self, site: Site) -> None:
        session = await site.session()
        stream = await session.listen()
        self.send()
        assert (await stream.message())["method"] == CHANGED
        stream.leave()
        await stream.over()
