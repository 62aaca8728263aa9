"""Tools that changed since a user saw them are held back until they have seen the difference."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.checks import run_checks
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from oauth_bridge import catalogue
from oauth_bridge.bearer import verify
from oauth_bridge.catalogue import differences, digest_of_tools, held_tools, mark_seen
from oauth_bridge.cleanup import clear_expired_credentials
from oauth_bridge.models import Connection, ToolCatalogue
from oauth_bridge.resources import ProtectedResource, find_resource
from oauth_bridge.signals import tools_changed
from tests.oauth_bridge.flows import Flow
from tests.oauth_bridge.protected import RESOURCE

CHANGED = "tests.oauth_bridge.protected.with_another_description"
NEW = "tests.oauth_bridge.protected.with_a_new_tool"
GONE = "tests.oauth_bridge.protected.without_the_tool"


@pytest.fixture
def token(flow: Flow) -> str:
    return str(flow.tokens(scope="mcp notes:read")["access_token"])


def resource() -> ProtectedResource:
    found = find_resource(RESOURCE)
    assert found is not None
    return found


def held(token: str) -> frozenset[str]:
    return verify(token, RESOURCE).held_tools


class TestHeld:
    def test_is_nothing_at_first(self, token: str) -> None:
        assert held(token) == frozenset()

    def test_is_what_changed(self, token: str, settings: Any) -> None:
        settings.OAUTH_BRIDGE_RESOURCES = CHANGED
        assert held(token) == {"greet"}

    @pytest.mark.parametrize("tools", [NEW, GONE])
    def test_is_not_what_is_new_or_gone(self, token: str, settings: Any, tools: str) -> None:
        settings.OAUTH_BRIDGE_RESOURCES = tools
        assert held(token) == frozenset()

    def test_is_what_is_new_too_where_the_operator_wants_that(self, token: str, settings: Any) -> None:
        settings.OAUTH_BRIDGE_TOOL_REVIEW = "all"
        settings.OAUTH_BRIDGE_RESOURCES = NEW
        assert held(token) == {"wave"}

    @pytest.mark.parametrize("tools", [NEW, CHANGED])
    def test_is_nothing_where_the_operator_switched_it_off(self, token: str, settings: Any, tools: str) -> None:
        settings.OAUTH_BRIDGE_TOOL_REVIEW = "off"
        settings.OAUTH_BRIDGE_RESOURCES = tools
        assert held(token) == frozenset()

    def test_is_not_what_is_behind_other_scopes(self, flow: Flow, settings: Any) -> None:
        token = flow.tokens(scope="notes:write")["access_token"]
        settings.OAUTH_BRIDGE_RESOURCES = CHANGED
        assert held(token) == frozenset()

    def test_is_nothing_of_a_connection_for_which_nobody_was_shown_tools(self, token: str, settings: Any) -> None:
        Connection.objects.update(catalogue=None)
        settings.OAUTH_BRIDGE_TOOL_REVIEW = "all"
        settings.OAUTH_BRIDGE_RESOURCES = CHANGED
        assert held(token) == frozenset()

    def test_opens_again_when_the_change_is_taken_back(self, token: str, settings: Any) -> None:
        before = settings.OAUTH_BRIDGE_RESOURCES
        settings.OAUTH_BRIDGE_RESOURCES = CHANGED
        assert held(token)
        settings.OAUTH_BRIDGE_RESOURCES = before
        assert not held(token)

    def test_costs_one_query_more_the_first_time(self, token: str, settings: Any) -> None:
        held(token)
        settings.OAUTH_BRIDGE_RESOURCES = CHANGED
        catalogue._held.clear()
        with CaptureQueriesContext(database) as first:
            held(token)
        with CaptureQueriesContext(database) as second:
            held(token)
        assert (len(first), len(second)) == (2, 1)

    def test_is_remembered_within_bounds(self, token: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(catalogue, "_KEPT", 0)
        held(token)
        assert not catalogue._held


class TestDifferences:
    def test_have_both_definitions(self, token: str, settings: Any) -> None:
        settings.OAUTH_BRIDGE_RESOURCES = CHANGED
        ((name, before, after),) = differences(Connection.objects.get(), resource())
        assert name == "greet"
        assert before is not None
        assert before["description"] == "Says hello."
        assert "greetings.example" in after["description"]

    def test_of_a_new_tool_have_none_from_before(self, token: str, settings: Any) -> None:
        settings.OAUTH_BRIDGE_TOOL_REVIEW = "all"
        settings.OAUTH_BRIDGE_RESOURCES = NEW
        ((name, before, _),) = differences(Connection.objects.get(), resource())
        assert (name, before) == ("wave", None)

    def test_are_shown_where_the_client_asks_again(self, flow: Flow, token: str, settings: Any) -> None:
        settings.OAUTH_BRIDGE_RESOURCES = CHANGED
        page = flow.browser.get(flow.authorize_url()).content.decode()
        assert '<span class="badge new">changed</span>' in page
        assert "removed: </span>hello.</del>" in page
        assert "added: </span>hello, and sends your notes to greetings.example.</ins>" in page

    def test_that_are_not_of_the_description_are_shown_too(self, flow: Flow, token: str) -> None:
        known = ToolCatalogue.objects.get()
        known.tools["greet"]["inputSchema"] = {}
        known.save()
        page = flow.browser.get(flow.authorize_url()).content.decode()
        assert "What it is given" in page
        assert "+   &quot;type&quot;: &quot;object&quot;" in page

    def test_show_characters_there_that_nobody_sees(self, flow: Flow, token: str) -> None:
        known = ToolCatalogue.objects.get()
        known.tools["greet"]["description"] = "Says\u202e hello."
        known.save()
        page = flow.browser.get(flow.authorize_url()).content.decode()
        assert "\u202e" not in page
        assert "U+202E" in page


class TestSeen:
    def test_opens_what_was_held(self, token: str, settings: Any) -> None:
        settings.OAUTH_BRIDGE_RESOURCES = CHANGED
        assert mark_seen(Connection.objects.get(), resource())
        assert held(token) == frozenset()

    def test_by_consenting_again_opens_it_too(self, flow: Flow, token: str, settings: Any) -> None:
        settings.OAUTH_BRIDGE_RESOURCES = CHANGED
        flow.consent(scope="mcp notes:read")
        assert held(token) == frozenset()

    def test_is_of_what_was_shown_and_of_nothing_else(self, token: str, settings: Any) -> None:
        """The tools changed once more while the user looked."""
        settings.OAUTH_BRIDGE_RESOURCES = CHANGED
        connection = Connection.objects.get()
        shown = digest_of_tools(resource(), connection.scope_set)
        settings.OAUTH_BRIDGE_RESOURCES = NEW
        assert not mark_seen(connection, resource(), shown)
        settings.OAUTH_BRIDGE_RESOURCES = CHANGED
        assert held(token) == {"greet"}
        assert mark_seen(connection, resource(), shown)

    def test_tells_the_users_clients(self, token: str, committed: Any) -> None:
        heard: list[tuple[int, str]] = []

        def hear(user_id: int, resource: str, **kwargs: Any) -> None:
            heard.append((user_id, resource))

        tools_changed.connect(hear)
        connection = Connection.objects.get()
        with committed():
            mark_seen(connection, resource())
        tools_changed.disconnect(hear)
        assert heard == [(connection.user_id, RESOURCE)]


class TestStored:
    def test_once_for_connections_that_saw_the_same(self, flow: Flow) -> None:
        flow.tokens(scope="mcp")
        flow.tokens(scope="mcp")
        assert ToolCatalogue.objects.count() == 1

    def test_without_asking_again_once_it_is_there(self, flow: Flow, committed: Any) -> None:
        with committed():
            flow.tokens(scope="mcp")
        with CaptureQueriesContext(database) as queries:
            flow.consent(scope="mcp")
        assert not [query for query in queries if 'INSERT INTO "oauth_bridge_toolcatalogue"' in query["sql"]]

    def test_has_what_the_granted_scopes_open(self, flow: Flow) -> None:
        flow.tokens(scope="notes:write")
        stored = ToolCatalogue.objects.get()
        assert set(stored.tools) == {"write_note", "delete_note"}
        assert str(stored) == "2 tools"


class TestClearedAway:
    def clear(self, age: timedelta) -> int:
        ToolCatalogue.objects.update(created_at=timezone.now() - age)
        return clear_expired_credentials()["tool catalogues"]

    def test_when_no_connection_refers_to_it(self, flow: Flow) -> None:
        flow.consent(scope="mcp")
        flow.consent(scope="notes:write")
        assert self.clear(timedelta(days=8)) == 1
        assert ToolCatalogue.objects.get() == Connection.objects.get().catalogue

    def test_not_before_a_week_is_over(self, flow: Flow) -> None:
        flow.consent(scope="mcp")
        Connection.objects.all().delete()
        assert self.clear(timedelta(days=6)) == 0


def test_a_review_that_is_none_is_told(settings: Any) -> None:
    settings.OAUTH_BRIDGE_TOOL_REVIEW = "sometimes"
    assert [problem.id for problem in run_checks(tags=["security"])] == ["oauth_bridge.E007"]


def test_holding_asks_no_more_than_it_must(flow: Flow, token: str) -> None:
    """A connection that holds nothing is answered from memory."""
    verify(token, RESOURCE)
    connection = Connection.objects.get()
    with CaptureQueriesContext(database) as queries:
        held_tools(connection, resource())
    assert not queries
