"""The protocol paths of a site with several Endpoints."""

import pytest
from channels.routing import URLRouter
from pytest_django import Settings

from mcp_endpoint import tool
from mcp_endpoint.routing import routes
from tests.mcp_endpoint.conftest import Site
from tests.mcp_endpoint.driver import open_request

TWO = {
    "default": {"path": "/mcp", "title": "Site"},
    "admin": {"path": "/admin-mcp", "title": "Admin"},
}


def test_each_endpoint_has_a_path_and_the_default_one_has_those_of_2024(site: Site, settings: Settings) -> None:
    settings.MCP_ENDPOINTS = TWO
    assert [str(route.pattern) for route in routes()] == ["^mcp/?$", "^sse/?$", "^messages/?$", "^admin-mcp/?$"]


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


@pytest.mark.parametrize("path", ["/mcp//", "/mcpx", "/x/mcp", "/mcp/x", "/messages/x", "/mcp/\n"])
async def test_other_paths_are_not_ours(site: Site, path: str) -> None:
    with pytest.raises(ValueError, match="No route found"):
        await open_request(URLRouter(routes()), "POST", path).over()
