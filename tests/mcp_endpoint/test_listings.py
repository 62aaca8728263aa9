"""Lists of tools that are kept as bytes."""

import json
from dataclasses import replace

from mcp_endpoint import kernel, scope, tool
from mcp_endpoint.listings import Listings
from mcp_endpoint.server import make_server
from oauth_bridge.principal import Principal
from tests.mcp_endpoint.conftest import Site
from tests.mcp_endpoint.eras import MODERN
from tests.mcp_endpoint.people import Somebody, principal
from tests.mcp_endpoint.short_way import INFO, declare, exchange_for, parameters


class TestAList:
    async def names(self, site: Site, caller: Principal) -> list[str]:
        params = parameters(MODERN)
        exchange = exchange_for(site, MODERN, params, caller)
        body = await kernel.respond(make_server(site.endpoint), exchange, "tools/list", params, (INFO, {}))
        return [entry["name"] for entry in json.loads(body)["result"]["tools"]]

    async def test_is_of_what_its_caller_may_see_whoever_asked_before(self, site: Site) -> None:
        scope("notes:write", "Write")

        @tool(scope="notes:write")
        async def write() -> str:
            """Write."""
            return ""

        @tool(read_only=True)
        async def read() -> str:
            """Read."""
            return ""

        @tool(permission="notes.view")
        async def guarded() -> str:
            """Guarded."""
            return ""

        allowed = Somebody(2, "bob", {"notes.view"})
        for _ in range(2):
            assert await self.names(site, principal()) == ["read"]
            assert await self.names(site, principal(None, "mcp", "notes:write")) == ["write", "read"]
            assert await self.names(site, principal(allowed)) == ["read", "guarded"]
            assert await self.names(site, replace(principal(allowed), read_only=True)) == ["read"]
            assert await self.names(site, replace(principal(), held_tools=frozenset({"read"}))) == []

    async def test_has_a_tool_that_was_declared_since(self, site: Site) -> None:
        declare()
        before = await self.names(site, principal())

        @tool()
        async def late() -> str:
            """Late."""
            return ""

        assert await self.names(site, principal()) == [*before, "late"]

    def test_makes_room_for_others(self) -> None:
        kept, large = Listings(), b"x" * (9 * 1024 * 1024)
        for sight in ("a", "b"):
            kept.get(1, sight)
            kept.keep(1, sight, large)
        assert [kept.get(1, sight) is None for sight in ("a", "b")] == [True, False]

    def test_that_took_longer_than_another_tool_is_not_kept(self) -> None:
        kept = Listings()
        kept.get(1, "a")
        kept.get(2, "b")
        kept.keep(1, "a", b"old")
        assert kept.get(2, "a") is None
