"""Endpoints: what the authorization server learns of them, and what an operation needs."""

import pytest
from pytest_django import Settings

from mcp_endpoint import prompt, resource, scope, tool
from mcp_endpoint.endpoints import endpoints, protected_resources
from mcp_endpoint.entries import ToolEntry
from mcp_endpoint.registry import registry
from tests.mcp_endpoint.conftest import Site
from tests.mcp_endpoint.people import principal


def entry(name: str) -> ToolEntry:
    return registry().tools[name]


class TestTheEffectOfATool:
    def test_is_to_read_when_it_is_read_only(self, site: Site) -> None:
        tool(name="t", read_only=True, destructive=True)(lambda: "")
        assert entry("t").effect == "read"

    def test_is_to_write_when_it_says_that_it_destroys_nothing(self, site: Site) -> None:
        tool(name="t", destructive=False)(lambda: "")
        assert entry("t").effect == "write"

    @pytest.mark.parametrize("destructive", [True, None])
    def test_is_to_destroy_otherwise(self, site: Site, destructive: bool | None) -> None:
        tool(name="t", destructive=destructive)(lambda: "")
        assert entry("t").effect == "destructive"


class TestTheProtectedResource:
    def test_is_named_by_the_public_url_and_the_path(self, site: Site) -> None:
        assert protected_resources()[0].uri == "http://localhost:8000/mcp"

    def test_lists_the_tools_behind_each_scope(self, site: Site) -> None:
        scope("notes:read", "Read your notes", default=False)
        tool(name="greet", title="Greet", description="Says hello.", read_only=True)(lambda: "")
        tool(name="list_notes", scope="notes:read")(lambda: "")
        base, notes = site.endpoint.resource.scopes
        assert [(t.name, t.title, t.description, t.effect) for t in base.tools] == [
            ("greet", "Greet", "Says hello.", "read")
        ]
        assert [t.name for t in notes.tools] == ["list_notes"]
        assert (notes.name, notes.description, notes.default) == ("notes:read", "Read your notes", False)

    def test_shows_people_what_only_a_model_would_read(self, site: Site) -> None:
        tool(name="t", title="Safe\u202e", description="Adds\U000e0041 \u06cc\u200c\u06cc.", read_only=True)(lambda: "")
        (shown,) = site.endpoint.resource.scopes[0].tools
        assert (shown.title, shown.description) == ("Safe⟨U+202E⟩", "Adds⟨U+E0041⟩ \u06cc\u200c\u06cc.")
        assert shown.definition["title"] == "Safe\u202e"


class TestEndpoints:
    def test_have_the_default_one_first(self, site: Site, settings: Settings) -> None:
        settings.MCP_ENDPOINTS = {
            "admin": {"path": "/admin-mcp", "title": "Admin", "instructions": "Take care.", "version": "2.0"},
            "default": {"path": "/mcp", "title": "Site"},
        }
        assert [(e.name, e.instructions, e.version) for e in endpoints()] == [
            ("default", "", "1.0.0"),
            ("admin", "Take care.", "2.0"),
        ]

    def test_must_be_configured_when_an_app_declares_for_them(self, site: Site) -> None:
        tool(name="t", endpoint="admin")(lambda: "")
        with pytest.raises(KeyError, match="MCP_ENDPOINTS has no Endpoint named 'admin'"):
            endpoints()


class TestAnOperation:
    @pytest.fixture(autouse=True)
    def declarations(self, site: Site) -> None:
        scope("notes", "Notes")
        tool(name="t", scope="notes")(lambda: "")
        prompt(name="p", scope="notes")(lambda: "")
        resource("r://{x}", scope="notes")(lambda x: "")

    @pytest.mark.parametrize(
        ("method", "params"),
        [
            ("tools/call", {"name": "t"}),
            ("prompts/get", {"name": "p"}),
            ("resources/read", {"uri": "r://1"}),
            ("resources/subscribe", {"uri": "r://1"}),
        ],
    )
    def test_on_a_declaration_needs_its_scope(self, site: Site, method: str, params: dict[str, object]) -> None:
        assert site.endpoint.missing_scopes(principal(), method, params) == {"notes"}

    @pytest.mark.parametrize(
        ("method", "params"),
        [
            ("tools/call", {"name": "unknown"}),
            ("tools/call", {"name": 7}),
            ("resources/read", {"uri": "x://1"}),
            ("tools/list", None),
        ],
    )
    def test_on_nothing_known_needs_no_scope(self, site: Site, method: str, params: dict[str, object] | None) -> None:
        assert site.endpoint.missing_scopes(principal(), method, params) == frozenset()

    def test_may_be_read_about_by_who_has_the_scope(self, site: Site) -> None:
        assert site.endpoint.may_read(principal(None, "notes"), "r://1")

    def test_may_not_be_read_about_by_others(self, site: Site) -> None:
        assert not site.endpoint.may_read(principal(), "r://1")
