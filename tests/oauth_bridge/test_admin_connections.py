"""Connections in Django admin: seen as their user sees them, and made less there."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone
from oauth2_provider.models import AccessToken

from oauth_bridge.bearer import verify
from oauth_bridge.models import Connection
from oauth_bridge.revocation import pause_connections
from tests.oauth_bridge.flows import Flow, consent_form, error, works
from tests.oauth_bridge.operator import act, ask, clerk, confirm, history, listed, offered, superuser, url_of, words
from tests.oauth_bridge.protected import RESOURCE

ALL = "mcp notes:read notes:write"


@pytest.fixture
def operator(db: None) -> Browser:
    return superuser()


@pytest.fixture
def tokens(flow: Flow) -> dict[str, Any]:
    """Tokens of a connection that may do everything."""
    return flow.tokens(scope=ALL)


def limit(browser: Browser, scopes: str, **fields: Any) -> Any:
    """The answer to the form of the one connection."""
    form = {"scopes": scopes.split(), **fields}
    return browser.post(url_of(Connection, "change", Connection.objects.get().pk), form)


def test_are_made_by_consent_alone(operator: Browser) -> None:
    assert operator.get(url_of(Connection, "add")).status_code == 403


def test_are_found_by_user_client_and_host(operator: Browser, tokens: dict[str, Any]) -> None:
    for term, found in {"alice": 1, "Example": 1, "client.example": 1, "nobody": 0}.items():
        assert listed(operator, Connection, q=term) == found


def test_show_scopes_tools_and_use(operator: Browser, tokens: dict[str, Any]) -> None:
    verify(tokens["access_token"], RESOURCE)
    page = operator.get(url_of(Connection, "change", Connection.objects.get().pk))
    assert "write_note, delete_note" in words(page)
    assert Connection.objects.get().use_count == 1
    assert "describes itself as it did at consent" in words(page)


def test_can_be_paused_resumed_and_revoked(operator: Browser, tokens: dict[str, Any]) -> None:
    act(operator, Connection, "pause")
    assert not works(tokens)
    act(operator, Connection, "resume")
    assert works(tokens)
    act(operator, Connection, "revoke")
    assert not works(tokens)
    assert history(Connection.objects.get()) == ["operator: Paused.", "operator: Resumed.", "operator: Revoked."]


def test_can_be_given_a_budget(operator: Browser, browser: Browser, tokens: dict[str, Any]) -> None:
    assert limit(operator, ALL, calls_per_minute="5", calls_per_day="100").status_code == 302
    connection = Connection.objects.get()
    assert (connection.calls_per_minute, connection.calls_per_day) == (5, 100)
    page = browser.get(f"/account/connections/{connection.pk}/").content.decode()
    assert "5 calls in a minute, 100 calls in a day" in page
    assert works(tokens)


def test_a_user_cannot_resume_what_an_operator_paused(
    operator: Browser, browser: Browser, tokens: dict[str, Any]
) -> None:
    act(operator, Connection, "pause")
    page = f"/account/connections/{Connection.objects.get().pk}/"
    browser.post(f"{page}resume/")
    assert not works(tokens)
    assert "until they let it go on" in browser.get(page).content.decode()


def test_consent_does_not_lift_what_an_operator_paused(operator: Browser, flow: Flow, tokens: dict[str, Any]) -> None:
    url = flow.authorize_url()
    shown_before = consent_form(flow.browser.get(url)).answer()
    act(operator, Connection, "pause")
    answers = [flow.browser.post(url, shown_before), flow.browser.get(url)]
    assert all("whoever runs this server lets it go on" in answer.content.decode() for answer in answers)
    assert not works(tokens)


def test_an_operator_does_not_lift_what_its_user_paused(operator: Browser, tokens: dict[str, Any]) -> None:
    pause_connections(Connection.objects.all())
    act(operator, Connection, "pause")
    act(operator, Connection, "resume")
    assert not works(tokens)
    assert Connection.objects.get().state == Connection.State.PAUSED


def test_a_page_offers_what_would_do_something(operator: Browser, tokens: dict[str, Any]) -> None:
    url = url_of(Connection, "change", Connection.objects.get().pk)
    assert [name for name, _ in operator.get(url).context["page_actions"]] == ["pause", "revoke"]
    act(operator, Connection, "pause")
    assert [name for name, _ in operator.get(url).context["page_actions"]] == ["resume", "revoke"]


@pytest.mark.parametrize("page", ["delete", "changelist"])
def test_are_deleted_with_their_tokens_and_codes(
    operator: Browser, flow: Flow, tokens: dict[str, Any], page: str
) -> None:
    code = flow.code()
    shown = (
        operator.get(url_of(Connection, "delete", Connection.objects.get().pk))
        if page == "delete"
        else ask(operator, Connection, "delete_selected")
    )
    for fact in ("Example for alice", "1 access token", "1 refresh token", "1 grant"):
        assert fact in words(shown)
    confirm(operator, shown)
    assert not works(tokens)
    assert error(flow.exchange(code)) == "invalid_grant"
    assert error(flow.refresh(tokens["refresh_token"])) == "invalid_grant"
    assert not AccessToken.objects.exists()
    assert not Connection.objects.exists()


class TestNarrowing:
    def test_takes_scopes_away_and_ends_streams(
        self, operator: Browser, tokens: dict[str, Any], ended: list[frozenset[int]], committed: Any
    ) -> None:
        with committed():
            assert limit(operator, "mcp notes:read").status_code == 302
        connection = Connection.objects.get()
        assert verify(tokens["access_token"], RESOURCE).scopes == {"mcp", "notes:read"}
        assert ended == [frozenset({connection.pk})]
        assert history(connection) == ["operator: Changed scopes."]

    def test_leaves_reading_alone(self, operator: Browser, tokens: dict[str, Any]) -> None:
        limit(operator, ALL, read_only="on")
        assert verify(tokens["access_token"], RESOURCE).read_only

    def test_gives_nothing_back(self, operator: Browser, tokens: dict[str, Any]) -> None:
        Connection.objects.update(scopes="mcp", read_only=True)
        page = limit(operator, "mcp notes:write")
        assert "Select a valid choice" in words(page)
        limit(operator, "mcp")
        assert (Connection.objects.get().scopes, Connection.objects.get().read_only) == ("mcp", True)

    def test_leaves_something(self, operator: Browser, tokens: dict[str, Any]) -> None:
        assert "Leave at least one, or revoke it." in words(limit(operator, ""))

    def test_lets_it_end_earlier_and_not_later(
        self, operator: Browser, tokens: dict[str, Any], ended: list[frozenset[int]], committed: Any
    ) -> None:
        now = timezone.now()
        Connection.objects.update(expires_at=now + timedelta(days=2))
        late, early = now + timedelta(days=3), now + timedelta(days=1)
        page = limit(operator, ALL, expires_at_0=late.date(), expires_at_1="12:00:00")
        assert "not later" in words(page)
        assert "not later" in words(limit(operator, ALL))
        with committed():
            limit(operator, ALL, expires_at_0=early.date(), expires_at_1="12:00:00")
        assert Connection.objects.get().expires_at.date() == early.date()
        assert ended == [frozenset({Connection.objects.get().pk})]

    def test_is_not_for_what_has_ended(self, operator: Browser, tokens: dict[str, Any]) -> None:
        act(operator, Connection, "revoke")
        limit(operator, "mcp")
        assert Connection.objects.get().scopes == ALL


class TestPermissions:
    @pytest.mark.parametrize(
        ("codename", "actions"),
        [("view_connection", set()), ("change_connection", {"pause", "resume"}), ("revoke_access", {"revoke"})],
    )
    def test_each_action_asks_for_its_own(self, tokens: dict[str, Any], codename: str, actions: set[str]) -> None:
        browser = clerk("view_connection", codename)
        assert offered(browser, Connection) == actions
        for action in {"pause", "revoke"} - actions:
            act(browser, Connection, action)
        assert works(tokens)

    def test_seeing_is_not_narrowing(self, tokens: dict[str, Any]) -> None:
        assert limit(clerk("view_connection", "revoke_access"), "mcp").status_code == 403
