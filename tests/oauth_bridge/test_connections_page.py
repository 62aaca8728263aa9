"""Connected apps: what a user is shown of each, and what they can do about it."""

import re
from datetime import timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.test import Client as Browser
from django.utils import timezone

from accounts.models import User
from mcp_endpoint.ledger.rows import insert
from oauth_bridge.bearer import verify
from oauth_bridge.models import Client, Connection, ToolCatalogue
from oauth_bridge.personal_tokens import create
from oauth_bridge.resources import protected_resources
from oauth_bridge.revocation import pause_connections, revoke_connections
from tests.mcp_endpoint.ledger.samples import row
from tests.oauth_bridge.devices import Device, register_device
from tests.oauth_bridge.flows import Flow, works
from tests.oauth_bridge.protected import RESOURCE

LIST = "/account/connections/"


@pytest.fixture
def tokens(flow: Flow) -> dict[str, Any]:
    """Of a client that alice let do everything."""
    return flow.tokens(scope="mcp notes:read notes:write")


@pytest.fixture
def page(tokens: dict[str, Any]) -> str:
    """The page of its connection."""
    return f"{LIST}{Connection.objects.get().pk}/"


def text(browser: Browser, path: str) -> str:
    """What a page says."""
    response = browser.get(path)
    assert response.status_code == 200
    return " ".join(BeautifulSoup(response.content, "html.parser").get_text(" ").split())


def act(browser: Browser, page: str, action: str, **fields: Any) -> str:
    """Press a button, and what the next page says."""
    response = browser.post(f"{page}{action}/", fields, follow=True)
    assert response.status_code == 200
    return " ".join(BeautifulSoup(response.content, "html.parser").get_text(" ").split())


def change_catalogue(**members: Any) -> None:
    """As if the user had been shown another `greet` when they consented."""
    seen = Connection.objects.get().catalogue
    assert seen is not None
    other = ToolCatalogue.objects.create(digest="0" * 64, tools={**seen.tools, "greet": members})
    Connection.objects.update(catalogue=other)


class TestTheList:
    def test_has_the_client_with_its_mark_and_scopes(self, browser: Browser, tokens: dict[str, Any]) -> None:
        said = text(browser, LIST)
        for part in ("Example", "not checked", "Use the tools of this server", "Write your notes", "3 tools"):
            assert part in said

    def test_says_when_it_was_made_and_used(self, browser: Browser, tokens: dict[str, Any]) -> None:
        assert "Never used" in text(browser, LIST)
        verify(tokens["access_token"], RESOURCE)
        used_at = Connection.objects.get().last_used_at
        assert f"Last used {used_at:%-d %B %Y}" in text(browser, LIST)

    def test_marks_a_device(self, browser: Browser) -> None:
        Device.start(browser, register_device(browser)).answered("allow")
        assert "Television device" in text(browser, LIST)

    def test_marks_a_paused_one(self, browser: Browser, tokens: dict[str, Any]) -> None:
        pause_connections(Connection.objects.all())
        assert "Example paused" in text(browser, LIST)

    def test_keeps_ended_ones_apart(self, browser: Browser, tokens: dict[str, Any]) -> None:
        revoke_connections(Connection.objects.all())
        said = text(browser, LIST)
        assert "No app is connected" in said
        assert "Example revoked" in said

    def test_counts_an_expired_one_as_ended(self, browser: Browser, tokens: dict[str, Any]) -> None:
        Connection.objects.update(expires_at=timezone.now())
        assert "Example expired" in text(browser, LIST)

    def test_leaves_personal_tokens_to_their_page(self, browser: Browser, alice: User) -> None:
        create(alice, "Backup", protected_resources()[0], ["mcp"], 7)
        said = text(browser, LIST)
        assert "Backup" not in said
        assert "1 token of yours works" in said

    def test_has_nothing_of_others(self, bobs: Browser, tokens: dict[str, Any]) -> None:
        assert "Example" not in text(bobs, LIST)

    def test_takes_no_more_queries_for_more_connections(
        self, browser: Browser, alice: User, tokens: dict[str, Any], django_assert_max_num_queries: Any
    ) -> None:
        for number in range(20):
            client = Client.objects.create(name=f"App {number}")
            Connection.objects.create(user=alice, client=client, resource=RESOURCE, scopes="mcp")
        with django_assert_max_num_queries(6):
            browser.get(LIST)

    def test_shows_a_name_as_text_and_shortened(self, browser: Browser, tokens: dict[str, Any]) -> None:
        Client.objects.update(name="<b>x</b>\u202e" + "y" * 240)
        response = browser.get(LIST)
        assert b"<b>x" not in response.content
        assert "\u202e" not in response.content.decode()
        assert "y" * 100 not in response.content.decode()

    def test_needs_sign_in(self, db: None) -> None:
        assert Browser().get(LIST)["Location"].startswith("/accounts/login/")


class TestThePage:
    def test_has_the_last_calls(self, browser: Browser, page: str) -> None:
        number = Connection.objects.get().pk
        insert([row(connection_id=number, tool="greet"), row(connection_id=number, tool="wipe", outcome="crashed")])
        said = text(browser, page)
        assert "greet Done" in said
        assert "wipe Failed unexpectedly" in said

    def test_has_each_tool_with_what_it_does(self, browser: Browser, page: str) -> None:
        said = text(browser, page)
        assert "Greet reads" in said
        assert "delete_note can delete or overwrite" in said

    def test_of_an_ended_one_has_no_button(self, browser: Browser, page: str) -> None:
        revoke_connections(Connection.objects.all())
        forms = BeautifulSoup(browser.get(page).content, "html.parser").select("main form button")
        assert forms == []

    def test_of_a_resource_that_is_gone_opens(self, browser: Browser, page: str) -> None:
        Connection.objects.update(resource="http://localhost:8000/gone")
        assert "Nothing that this server still offers" in text(browser, page)

    def test_is_neither_stored_nor_framed(self, browser: Browser, page: str) -> None:
        response = browser.get(page)
        assert response["Cache-Control"] == "no-store"
        assert "frame-ancestors 'none'" in response["Content-Security-Policy"]
        assert "form-action 'self'" in response["Content-Security-Policy"]


class TestButtons:
    def test_pause_and_resume(self, browser: Browser, tokens: dict[str, Any], page: str) -> None:
        assert "It is paused" in act(browser, page, "pause")
        assert not works(tokens)
        assert "may act for you again" in act(browser, page, "resume")
        assert works(tokens)

    def test_resume_brings_nothing_back_that_was_revoked(
        self, browser: Browser, tokens: dict[str, Any], page: str
    ) -> None:
        revoke_connections(Connection.objects.all())
        assert "not paused" in act(browser, page, "resume")
        assert not works(tokens)

    def test_rename(self, browser: Browser, page: str) -> None:
        assert "You call it At work now" in act(browser, page, "rename", label="  At\u202e work ")
        assert "It calls itself Example" in text(browser, page)
        act(browser, page, "rename", label="")
        assert Connection.objects.get().label == ""

    def test_rename_refuses_what_is_too_long(self, browser: Browser, page: str) -> None:
        assert "80 characters" in act(browser, page, "rename", label="x" * 81)
        assert Connection.objects.get().label == ""

    def test_revoke_asks_first(self, browser: Browser, tokens: dict[str, Any], page: str) -> None:
        assert "Revoke Example ?" in text(browser, f"{page}revoke/")
        assert works(tokens)
        assert "Example was revoked" in act(browser, page, "revoke")
        assert not works(tokens)

    def test_revoke_of_an_ended_one_leads_to_its_page(self, browser: Browser, page: str) -> None:
        revoke_connections(Connection.objects.all())
        assert browser.get(f"{page}revoke/").status_code == 302


class TestLimits:
    def test_take_scopes_away_at_once(
        self, browser: Browser, tokens: dict[str, Any], page: str, ended: list[frozenset[int]], committed: Any
    ) -> None:
        with committed():
            assert "Saved" in act(browser, page, "limit", scope=["mcp"])
        assert verify(tokens["access_token"], RESOURCE).scopes == {"mcp"}
        assert ended == [{Connection.objects.get().pk}]

    def test_hold_for_refreshed_tokens_too(
        self, browser: Browser, flow: Flow, tokens: dict[str, Any], page: str
    ) -> None:
        act(browser, page, "limit", scope=["mcp"])
        fresh = flow.refresh(tokens["refresh_token"]).json()
        assert verify(fresh["access_token"], RESOURCE).scopes == {"mcp"}

    def test_close_what_writes(self, browser: Browser, tokens: dict[str, Any], page: str) -> None:
        everything = ["mcp", "notes:read", "notes:write"]
        act(browser, page, "limit", scope=everything, read_only="1")
        assert verify(tokens["access_token"], RESOURCE).read_only
        assert "closed: reading only" in text(browser, page)
        act(browser, page, "limit", scope=everything)
        assert not verify(tokens["access_token"], RESOURCE).read_only

    def test_that_close_tools_close_them_in_the_list_too(self, browser: Browser, page: str) -> None:
        before = text(browser, LIST)
        act(browser, page, "limit", scope=["mcp", "notes:read", "notes:write"], read_only="1")
        after = text(browser, LIST)
        assert ("Write your notes" in before, "Write your notes" in after) == (True, False)
        assert ("3 tools" in before, "1 tool." in after) == (True, True)

    def test_give_nothing_that_was_not_allowed(self, browser: Browser, flow: Flow) -> None:
        flow.tokens(scope="mcp")
        page = f"{LIST}{Connection.objects.get().pk}/"
        act(browser, page, "limit", scope=["mcp", "notes:write", "reports"])
        assert Connection.objects.get().scopes == "mcp"

    def test_of_nothing_at_all_are_refused(self, browser: Browser, page: str) -> None:
        assert "Leave at least one thing" in act(browser, page, "limit")
        assert Connection.objects.get().scopes == "mcp notes:read notes:write"
        revoke_connections(Connection.objects.all())
        assert "It has ended" in act(browser, page, "limit", scope=["mcp"])

    def test_that_change_nothing_end_no_stream(
        self, browser: Browser, page: str, ended: list[frozenset[int]], committed: Any
    ) -> None:
        with committed():
            act(browser, page, "limit", scope=["mcp", "notes:read", "notes:write"])
        assert ended == []


class TestAToolThatChanged:
    @pytest.fixture(autouse=True)
    def _changed(self, page: str, monkeypatch: pytest.MonkeyPatch) -> None:
        change_catalogue(description="Says hello, and nothing else.")

    def test_is_held_back_and_shown(self, browser: Browser, tokens: dict[str, Any], page: str) -> None:
        assert verify(tokens["access_token"], RESOURCE).held_tools == {"greet"}
        assert "1 tool changed since you allowed it" in text(browser, LIST)
        said = text(browser, page)
        assert "Changed since you allowed it" in said
        assert "and nothing else." in said

    def test_is_used_again_once_it_was_seen(self, browser: Browser, tokens: dict[str, Any], page: str) -> None:
        form = BeautifulSoup(browser.get(page).content, "html.parser").find("input", {"name": "seen"})
        assert form is not None
        assert "can be used again" in act(browser, page, "seen", seen=form["value"])
        assert verify(tokens["access_token"], RESOURCE).held_tools == frozenset()

    @pytest.mark.parametrize("seen", ["", "0" * 64])
    def test_stays_held_back_when_something_else_was_seen(
        self, browser: Browser, tokens: dict[str, Any], page: str, seen: str
    ) -> None:
        assert "have changed again" in act(browser, page, "seen", seen=seen)
        assert verify(tokens["access_token"], RESOURCE).held_tools == {"greet"}


@pytest.mark.parametrize("action", ["", "pause", "resume", "rename", "limit", "seen", "revoke"])
class TestNobodyElse:
    def test_sees_or_changes_a_connection(self, bobs: Browser, tokens: dict[str, Any], page: str, action: str) -> None:
        path = f"{page}{action}/" if action else page
        answers = {bobs.get(path).status_code, bobs.post(path, {"scope": "mcp"}).status_code}
        assert answers <= {404, 405}
        assert works(tokens)

    def test_gets_in_without_sign_in(self, tokens: dict[str, Any], page: str, action: str) -> None:
        path = f"{page}{action}/" if action else page
        assert Browser().post(path).status_code in (302, 405)
        assert works(tokens)

    def test_can_send_the_form_from_another_site(self, alice: User, page: str, action: str) -> None:
        strict = Browser(enforce_csrf_checks=True)
        strict.force_login(alice)
        assert strict.post(f"{page}{action}/" if action else page).status_code in (403, 405)
        assert Connection.objects.get().state == Connection.State.ACTIVE


@pytest.mark.parametrize("action", ["pause", "resume", "rename", "limit", "seen"])
def test_no_button_is_a_link(browser: Browser, page: str, action: str) -> None:
    assert browser.get(f"{page}{action}/").status_code == 405


def test_a_number_that_is_none_is_not_found(browser: Browser) -> None:
    assert browser.get(f"{LIST}{10**18 - 1}/").status_code == 404
    assert browser.get(f"{LIST}{'9' * 30}/").status_code == 404


def test_every_form_has_a_token_of_this_site(browser: Browser, page: str) -> None:
    change_catalogue(description="Other")
    create(User.objects.get(username="alice"), "Backup", protected_resources()[0], ["mcp"], 7)
    Connection.objects.filter(client__name="Example").update(expires_at=timezone.now() + timedelta(days=1))
    for path in (LIST, page, f"{page}revoke/", "/account/tokens/"):
        forms = BeautifulSoup(browser.get(path).content, "html.parser").select("main form[method=post]")
        assert forms
        assert all(form.find("input", {"name": "csrfmiddlewaretoken"}) for form in forms)
        assert not re.search(r"<script(?! src)", browser.get(path).content.decode())
