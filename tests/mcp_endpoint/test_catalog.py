"""Lists of tools and prompts, as each caller may see them."""

import pytest

from mcp_endpoint import prompt, scope, tool
from tests.mcp_endpoint.conftest import Site
from tests.mcp_endpoint.people import Somebody, let_in, principal


@pytest.fixture(autouse=True)
def declared(site: Site) -> None:
    scope("notes", "Notes")
    for declare in (tool, prompt):
        declare(name="open", description="Open.")(lambda: "")
        declare(name="scoped", scope="notes")(lambda: "")
        declare(name="guarded", permission="notes.view")(lambda: "")


async def names(site: Site, what: str, token: str = "alice") -> list[str]:
    found = (await site.client(token).modern(f"{what}/list")).result[what]
    return [entry["name"] for entry in found]


@pytest.mark.parametrize("what", ["tools", "prompts"])
class TestAList:
    async def test_has_what_needs_nothing_more(self, site: Site, what: str) -> None:
        assert await names(site, what) == ["open"]

    async def test_has_what_the_scopes_open(self, site: Site, what: str) -> None:
        let_in("notes", principal(None, "mcp", "notes"))
        assert await names(site, what, "notes") == ["open", "scoped"]

    async def test_has_what_the_permissions_open(self, site: Site, what: str) -> None:
        let_in("carol", principal(Somebody(3, "carol", {"notes.view"})))
        assert await names(site, what, "carol") == ["open", "guarded"]

    async def test_has_nothing_behind_the_base_scope_for_who_lacks_it(self, site: Site, what: str) -> None:
        let_in("notes", principal(None, "notes"))
        assert await names(site, what, "notes") == ["scoped"]

    async def test_is_the_same_in_a_session(self, site: Site, what: str) -> None:
        found = (await (await site.session()).ask(f"{what}/list")).result[what]
        assert [entry["name"] for entry in found] == ["open"]


@pytest.mark.parametrize("method", ["tools/list", "prompts/list", "resources/list", "resources/templates/list"])
async def test_a_list_comes_in_one_page(site: Site, method: str) -> None:
    answer = await site.client().modern(method, {"cursor": "next"})
    assert answer.error == {"code": -32602, "message": "Unknown cursor"}


async def test_a_tool_is_listed_with_its_schema(site: Site) -> None:
    (found,) = (await site.client().modern("tools/list")).result["tools"]
    assert (found["name"], found["description"], found["inputSchema"]["type"]) == ("open", "Open.", "object")
