"""The protocol paths of a site with several Endpoints."""

import pytest
from pytest_django import Settings

from mcp_endpoint import tool
from mcp_endpoint.routing import applications, by_path
from mcp_endpoint.wire import Scope
from tests.mcp_endpoint.conftest import Site
from tests.mcp_endpoint.driver import open_request

TWO = {
    "default": {"path": "/mcp", "title": "Site"},
    "admin": {"path": "/admin-mcp", "title": "Admin"},
}


def test_each_endpoint_has_a_path_and_the_default_one_has_those_of_2024(site: Site, settings: Settings) -> None:
    settings.MCP_ENDPOINTS = TWO
    paths = ["/mcp", "/sse", "/messages", "/admin-mcp"]
    assert sorted(applications()) == sorted([*paths, *(f"{path}/" for path in paths)])


async def test_each_endpoint_has_its_own_tools(site: Site, settings: Settings) -> None:
    settings.MCP_ENDPOINTS = TWO
    tool(name="here")(lambda: "")
    tool(name="there", endpoint="admin")(lambda: "")
    there = site.client()
    there.path = "/admin-mcp"
    names = [
        [entry["name"] for entry in (await client.modern("tools/list")).result["tools"]]
        for client in (site.client(), there)
    ]
    assert names == [["here"], ["there"]]


async def test_each_endpoint_challenges_with_its_own_metadata(site: Site, settings: Settings) -> None:
    settings.MCP_ENDPOINTS = TWO
    there = site.client(None)
    there.path = "/admin-mcp"
    challenge = (await there.modern("tools/list")).headers["www-authenticate"]
    assert "/.well-known/oauth-protected-resource/admin-mcp" in challenge


@pytest.mark.parametrize("path", ["/mcp//", "/mcpx", "/x/mcp", "/mcp/x", "/messages/x", "/mcp/\n", "//mcp", "/MCP", ""])
async def test_other_paths_are_pages(site: Site, path: str) -> None:
    asked = []

    async def pages(scope: Scope, *_: object) -> None:
        asked.append(scope["path"])

    await open_request(by_path(pages), "POST", path).over()
    assert asked == [path]
