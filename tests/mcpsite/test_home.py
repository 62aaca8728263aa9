"""The home page."""

import base64
import json
import shlex
import subprocess
from collections.abc import Sequence
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from bs4 import BeautifulSoup
from django.test import Client
from pytest_django import Settings

from mcp_endpoint.registry import Registry
from mcpsite import home
from mcpsite.clients import curl_walk, instructions, short_name
from oauth_bridge.resources import ProtectedResource, Scope, ToolSummary

SITE = "https://mcp.example.com"
NASTY = "<script>alert(1)</script>"


def resources() -> Sequence[ProtectedResource]:
    """Stands in for the endpoints' own."""
    return [
        ProtectedResource(
            uri=f"{SITE}/mcp",
            path="/mcp",
            title="Weather",
            scopes=(
                Scope(
                    "weather:read",
                    "Read forecasts",
                    True,
                    (ToolSummary("forecast", "Forecast", f"Forecast for a city. {NASTY}", "read"),),
                ),
                Scope(
                    "stations:write",
                    "Change stations",
                    False,
                    (
                        ToolSummary("move_station", "Move", "Move a station.", "write"),
                        ToolSummary("drop_station", "Drop", "Remove a station.", "destructive"),
                    ),
                ),
                Scope("weather:admin", "Nothing yet", False),
            ),
        )
    ]


@pytest.fixture
def page(settings: Settings, client: Client) -> BeautifulSoup:
    """What a browser that is not signed in is shown."""
    settings.PUBLIC_URL = SITE
    settings.OAUTH_BRIDGE_RESOURCES = "tests.mcpsite.test_home.resources"
    response = client.get("/")
    assert response.status_code == 200
    return BeautifulSoup(response.content, "html.parser")


def snippets(page: BeautifulSoup) -> list[str]:
    return [block.get_text() for block in page.select("pre[data-copy] code")]


def test_it_opens_with_the_address_to_connect_to(page: BeautifulSoup) -> None:
    assert snippets(page)[0] == "https://mcp.example.com/mcp"


def test_it_names_the_tools_under_the_sentence_of_their_scope(page: BeautifulSoup) -> None:
    cards = page.select("section .card")
    assert [card.h3.get_text(" ", strip=True) for card in cards if card.h3] == [
        "Read forecasts weather:read",
        "Change stations stations:write",
    ]
    assert [name.get_text() for name in cards[1].select("dt code")] == ["move_station", "drop_station"]


def test_it_marks_tools_that_write_and_delete(page: BeautifulSoup) -> None:
    assert [term.get_text(" ", strip=True) for term in page.select("dt")] == [
        "forecast",
        "move_station writes",
        "drop_station can delete",
    ]


def test_what_apps_say_of_their_tools_is_text(page: BeautifulSoup) -> None:
    assert NASTY in page.get_text()
    assert "alert" not in " ".join(str(script) for script in page.select("script"))


@pytest.mark.parametrize(
    "client_name",
    ["Claude", "Claude Code", "ChatGPT", "Cursor", "VS Code", "MCP Inspector", "mcp-remote", "curl"],
)
def test_it_says_how_to_connect(page: BeautifulSoup, client_name: str) -> None:
    [details] = [
        details
        for details in page.select("details")
        if details.summary and client_name == details.summary.get_text().split(": ")[-1].split(",")[0]
    ]
    assert any("mcp.example.com" in code.get_text() for code in details.select("code"))


def test_no_other_address_than_the_public_one_is_in_it(page: BeautifulSoup) -> None:
    assert "testserver" not in str(page)


def test_a_site_at_home_says_which_clients_cannot_reach_it(settings: Settings, client: Client) -> None:
    settings.OAUTH_BRIDGE_RESOURCES = "tests.mcpsite.test_home.resources"
    settings.PUBLIC_URL = "http://localhost:8000"
    assert "ChatGPT can only reach" in client.get("/").content.decode()


def test_a_site_without_tools_says_where_they_come_from(settings: Settings, client: Client) -> None:
    settings.OAUTH_BRIDGE_RESOURCES = "tests.mcpsite.test_home.bare"
    assert "No tools yet" in client.get("/").content.decode()


def bare() -> Sequence[ProtectedResource]:
    """An Endpoint to which no app has given anything."""
    return [ProtectedResource(f"{SITE}/mcp", "/mcp", "Bare", (Scope("mcp", "Use the tools", True),))]


def test_cursors_link_holds_the_configuration_in_base64() -> None:
    link = instructions("weather", f"{SITE}/mcp", SITE, "forecast")["cursor_link"]
    query = parse_qs(urlsplit(link).query)
    assert query["name"] == ["weather"]
    assert json.loads(base64.b64decode(query["config"][0])) == {"url": f"{SITE}/mcp"}


def test_vs_codes_link_and_command_hold_the_same_configuration() -> None:
    texts = instructions("weather", f"{SITE}/mcp", SITE, "forecast")
    wanted = {"name": "weather", "type": "http", "url": f"{SITE}/mcp"}
    assert json.loads(unquote(texts["vscode_link"].partition("?")[2])) == wanted
    assert json.loads(shlex.split(texts["vscode"])[2]) == wanted


@pytest.mark.parametrize(
    ("title", "name"), [("Django MCP server", "django-mcp-server"), ("Ünïcode & co", "unicode-co"), ("…", "mcp-server")]
)
def test_a_title_becomes_a_name_that_configuration_files_take(title: str, name: str) -> None:
    assert short_name(title) == name


def test_the_walk_with_curl_is_valid_shell() -> None:
    walk = curl_walk(f"{SITE}/mcp", SITE, "forecast")
    subprocess.run(["sh", "-n"], input=walk, text=True, check=True)


def test_the_walk_calls_a_tool_that_needs_no_arguments_and_changes_nothing() -> None:
    tool = home.registry().tools[home.tool_to_try()]
    assert tool.effect == "read"
    assert "required" not in tool.wire.input_schema
    assert tool.name != "github_profile", "it needs an account elsewhere"


def test_without_such_a_tool_the_walk_names_another(monkeypatch: pytest.MonkeyPatch) -> None:
    some = Registry()
    some.tools = {"greet": home.registry().tools["greet"]}
    monkeypatch.setattr(home, "registry", lambda: some)
    assert home.tool_to_try() == "greet"


def test_without_any_tool_the_walk_has_a_word_for_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(home, "registry", Registry)
    assert home.tool_to_try() == "NAME"
