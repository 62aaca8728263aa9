"""Who may see which declaration."""

from mcp_endpoint import prompt, resource, scope, tool
from mcp_endpoint.registry import may_use, place_of, registries, scopes_of, visible
from tests.mcp_endpoint.conftest import Site
from tests.mcp_endpoint.people import Somebody, principal


class TestAnEntry:
    def test_without_a_scope_is_behind_the_base_scope(self, site: Site) -> None:
        tool(name="open")(lambda: "")
        assert scopes_of(site.registry.tools["open"]) == {"mcp"}

    def test_with_a_scope_is_behind_that_alone(self, site: Site) -> None:
        tool(name="read", scope="notes:read")(lambda: "")
        assert scopes_of(site.registry.tools["read"]) == {"notes:read"}

    def test_is_closed_to_who_has_only_some_of_its_scopes(self, site: Site) -> None:
        tool(name="both", scope=["a", "b"])(lambda: "")
        assert not may_use(principal(None, "a"), site.registry.tools["both"])

    def test_is_open_to_who_has_all_of_its_scopes(self, site: Site) -> None:
        tool(name="both", scope=["a", "b"])(lambda: "")
        assert may_use(principal(None, "a", "b", "c"), site.registry.tools["both"])

    def test_is_closed_to_a_user_without_its_permission(self, site: Site) -> None:
        tool(name="guarded", permission="notes.view")(lambda: "")
        assert not may_use(principal(), site.registry.tools["guarded"])

    def test_is_open_to_a_user_with_its_permissions(self, site: Site) -> None:
        tool(name="guarded", permission=["notes.view", "notes.add"])(lambda: "")
        alice = Somebody(1, "alice", {"notes.view", "notes.add"})
        assert may_use(principal(alice), site.registry.tools["guarded"])

    def test_is_closed_to_a_permission_without_the_scope(self, site: Site) -> None:
        tool(name="guarded", scope="notes", permission="notes.view")(lambda: "")
        assert not may_use(principal(Somebody(1, "alice", {"notes.view"})), site.registry.tools["guarded"])


def test_lists_keep_the_order_of_declaration(site: Site) -> None:
    for name in ("c", "a", "b"):
        tool(name=name)(lambda: "")
    assert [entry.name for entry in visible(principal(), site.registry.tools)] == ["c", "a", "b"]


class TestTheRegistry:
    def test_knows_the_base_scope(self, site: Site) -> None:
        assert site.registry.scopes["mcp"].description == "Use the tools of this server"

    def test_prefers_a_resource_to_a_template_that_fits_too(self, site: Site) -> None:
        resource("notes://{name}")(lambda name: "")
        resource("notes://all", name="all")(lambda: "")
        found = site.registry.find_resource("notes://all")
        assert found is not None
        assert found[0].name == "all"

    def test_finds_the_first_template_that_fits(self, site: Site) -> None:
        resource("books://{name}", name="book")(lambda name: "")
        resource("notes://{name}", name="note")(lambda name: "")
        found = site.registry.find_resource("notes://seven")
        assert found is not None
        assert (found[0].name, found[1]) == ("note", {"name": "seven"})

    def test_finds_nothing_for_an_unknown_uri(self, site: Site) -> None:
        resource("books://{name}")(lambda name: "")
        assert site.registry.find_resource("notes://seven") is None

    def test_checks_the_scopes_of_everything(self, site: Site) -> None:
        scope("s", "S")
        tool(name="t", scope="s")(lambda: "")
        resource("r://x", scope="s")(lambda: "")
        resource("r://{x}", scope="s")(lambda x: "")
        prompt(name="p", scope="s")(lambda: "")
        site.registry.check()
        assert len(list(site.registry.entries())) == 4

    def test_of_each_endpoint_is_its_own(self, site: Site) -> None:
        tool(name="t", endpoint="admin")(lambda: "")
        assert set(registries()) == {"admin"}


def test_a_place_is_the_module_and_line_of_the_function() -> None:
    place = place_of(test_a_place_is_the_module_and_line_of_the_function)
    assert place == f"{__name__}:{test_a_place_is_the_module_and_line_of_the_function.__code__.co_firstlineno}"
