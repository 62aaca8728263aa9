"""Personal access tokens: made by a signed-in user for a script, shown once, and ended like any connection."""

from datetime import timedelta
from typing import Any

import pytest
from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY
from bs4 import BeautifulSoup
from django.test import Client as Browser
from django.utils import timezone
from oauth2_provider.models import AccessToken

from accounts.models import User
from oauth_bridge.bearer import BearerError, verify
from oauth_bridge.models import Client, Connection, PersonalToken
from oauth_bridge.personal_tokens import MOST, create
from oauth_bridge.resources import protected_resources
from oauth_bridge.revocation import disable_clients, pause_connections, revoke_access_token, revoke_connections
from tests.oauth_bridge.flows import Flow
from tests.oauth_bridge.operator import act
from tests.oauth_bridge.protected import OTHER_RESOURCE, RESOURCE

PAGE = "/account/tokens/"


def make(browser: Browser, **fields: Any) -> Any:
    """The page after the form was sent."""
    form = {"name": "Backup", "resource": RESOURCE, "scopes": ["mcp"], "days": "30", **fields}
    return browser.post(PAGE, form)


def shown_token(response: Any) -> str:
    page = BeautifulSoup(response.content, "html.parser").find("pre")
    assert page is not None, response.content
    return page.get_text(strip=True)


def works(token: str, resource: str = RESOURCE) -> bool:
    try:
        return bool(verify(token, resource))
    except BearerError:
        return False


@pytest.fixture
def token(browser: Browser) -> str:
    return shown_token(make(browser))


class TestMaking:
    def test_gives_a_token_that_acts_as_the_user(self, token: str, alice: User) -> None:
        principal = verify(token, RESOURCE)
        assert (principal.user, principal.client_name, principal.scopes) == (alice, "Backup", {"mcp"})

    def test_takes_one_query_to_check(self, token: str, django_assert_num_queries: Any) -> None:
        verify(token, RESOURCE)
        with django_assert_num_queries(1):
            verify(token, RESOURCE)

    def test_asks_again_for_who_signed_in_long_ago(self, browser: Browser) -> None:
        session = browser.session
        session[AUTHENTICATION_METHODS_SESSION_KEY][0]["at"] -= 3600
        session.save()
        asked = make(browser)
        assert "/reauthenticate/" in asked["Location"]
        assert not PersonalToken.objects.exists()
        made = browser.post(asked["Location"], {"password": "secret"}, follow=True)
        assert works(shown_token(made))

    def test_shows_it_once(self, browser: Browser, token: str) -> None:
        assert token not in browser.get(PAGE).content.decode()

    def test_answer_is_not_cached(self, browser: Browser) -> None:
        assert make(browser)["Cache-Control"] == "no-store"

    def test_keeps_only_the_digest(self, token: str) -> None:
        row = AccessToken.objects.get()
        assert (row.token, token in str(row.__dict__)) == ("", False)
        assert PersonalToken.objects.get().ending == token[-4:]

    def test_has_a_prefix_that_scanners_find(self, token: str) -> None:
        assert token.startswith("mcp_pat_")

    def test_each_has_a_connection_of_its_own(self, browser: Browser, token: str) -> None:
        make(browser)
        assert Connection.objects.count() == 2

    def test_is_for_the_resource_that_was_chosen(self, browser: Browser) -> None:
        token = shown_token(make(browser, resource=OTHER_RESOURCE, scopes=["reports"]))
        assert works(token, OTHER_RESOURCE)
        assert not works(token)

    @pytest.mark.parametrize("days", [7, 30, 90, 365])
    def test_ends_when_it_was_said_to(self, browser: Browser, days: int) -> None:
        token = shown_token(make(browser, days=str(days)))
        ends = timezone.now() + timedelta(days=days)
        assert verify(token, RESOURCE).expires_at == pytest.approx(ends.timestamp(), abs=60)
        AccessToken.objects.update(expires=timezone.now())
        assert not works(token)

    @pytest.mark.parametrize(
        "fields",
        [
            {"name": ""},
            {"name": "\u202e"},
            {"name": "a\0b"},
            {"name": "x" * 81},
            {"scopes": []},
            {"scopes": ["reports"]},
            {"scopes": ["mcp", "nonsense"]},
            {"days": "0"},
            {"days": "36500"},
            {"days": "x"},
        ],
    )
    def test_refuses_what_was_not_offered(self, browser: Browser, fields: dict[str, Any]) -> None:
        assert make(browser, **fields).status_code == 400
        assert not PersonalToken.objects.exists()

    def test_refuses_a_foreign_resource(self, browser: Browser) -> None:
        assert make(browser, resource="https://elsewhere.example/mcp").status_code == 404

    def test_shows_what_was_typed_again_when_something_is_wrong(self, browser: Browser) -> None:
        page = BeautifulSoup(make(browser, name="Nightly", scopes=[]).content, "html.parser")
        assert page.find("input", {"name": "name", "value": "Nightly"})
        assert "Choose at least one thing" in page.get_text()

    def test_writes_a_name_as_text(self, browser: Browser) -> None:
        make(browser, name="<b>bold</b>")
        assert b"<b>bold" not in browser.get(PAGE).content

    def test_stops_at_fifty(self, browser: Browser, alice: User) -> None:
        for _ in range(MOST):
            create(alice, "x", protected_resources()[0], ["mcp"], 7)
        response = make(browser)
        assert response.status_code == 400
        assert PersonalToken.objects.count() == MOST

    def test_needs_sign_in(self, db: None) -> None:
        assert Browser().get(PAGE).status_code == 302
        assert make(Browser()).status_code == 302
        assert not PersonalToken.objects.exists()

    def test_needs_a_form_of_this_site(self, alice: User) -> None:
        strict = Browser(enforce_csrf_checks=True)
        strict.force_login(alice)
        assert make(strict).status_code == 403


class TestRevoking:
    def page(self) -> str:
        return f"/account/connections/{Connection.objects.get().pk}/revoke"

    def revoke(self, browser: Browser) -> Any:
        return browser.post(self.page())

    def test_is_offered_on_the_page(self, browser: Browser, token: str) -> None:
        assert self.page() in browser.get(PAGE).content.decode()

    def test_ends_it_at_once(self, browser: Browser, token: str, ended: list[frozenset[int]], committed: Any) -> None:
        with committed():
            assert self.revoke(browser).status_code == 302
        assert not works(token)
        assert ended == [{Connection.objects.get().pk}]

    def test_takes_it_off_the_page(self, browser: Browser, token: str) -> None:
        self.revoke(browser)
        assert "…" + token[-4:] not in browser.get(PAGE).content.decode()

    def test_leads_back_to_the_page(self, browser: Browser, token: str) -> None:
        assert self.revoke(browser)["Location"] == PAGE.removesuffix("/")

    def test_a_paused_one_stays_on_the_page(self, browser: Browser, token: str) -> None:
        pause_connections(Connection.objects.all())
        assert "…" + token[-4:] in browser.get(PAGE).content.decode()

    def test_is_not_for_others(self, token: str) -> None:
        other = Browser()
        other.force_login(User.objects.create_user("bob"))
        assert self.revoke(other).status_code == 404
        assert works(token)
        assert "Backup" not in other.get(PAGE).content.decode()

    def test_is_asked_first_by_a_page_that_does_nothing(self, browser: Browser, token: str) -> None:
        assert b"cannot be brought back" in browser.get(self.page()).content
        assert works(token)


class TestEndsToo:
    """Whatever ends a connection ends a personal token."""

    def test_with_its_user(self, token: str) -> None:
        User.objects.update(is_active=False)
        assert not works(token)

    def test_with_its_deleted_user(self, token: str, alice: User) -> None:
        alice.delete()
        assert not works(token)
        assert not Client.objects.exists()

    def test_with_its_client(self, token: str) -> None:
        disable_clients(Client.objects.all())
        assert not works(token)

    def test_while_it_is_paused(self, token: str) -> None:
        pause_connections(Connection.objects.all())
        assert not works(token)

    def test_with_its_connection(self, token: str) -> None:
        revoke_connections(Connection.objects.all())
        assert not works(token)

    def test_with_its_access_token(self, browser: Browser, token: str) -> None:
        revoke_access_token(AccessToken.objects.get())
        assert not works(token)
        assert Connection.objects.get().state == Connection.State.REVOKED

    def test_but_not_when_its_client_is_saved(self, token: str) -> None:
        Client.objects.get().save()
        assert works(token)


class TestItsClient:
    """The row that stands for the script can do nothing but hold the token."""

    def test_gets_no_token_even_with_its_secret(self, token: str) -> None:
        client = Client.objects.get()
        client.client_secret = "known after all"
        client.save()
        flow = Flow(Browser(), client.client_id, "known after all")
        assert flow.token(grant_type="client_credentials").json()["error"] == "unauthorized_client"

    def test_cannot_be_consented_to(self, browser: Browser, token: str) -> None:
        flow = Flow(browser, Client.objects.get().client_id)
        assert browser.get(flow.authorize_url()).status_code == 400


class TestAdmin:
    def test_lists_and_revokes(self, token: str, admin_client: Browser) -> None:
        page = "/admin/oauth_bridge/personaltoken/"
        assert "Backup" in admin_client.get(page).content.decode()
        act(admin_client, PersonalToken, "revoke")
        assert not works(token)

    def test_makes_none(self, admin_client: Browser) -> None:
        assert admin_client.get("/admin/oauth_bridge/personaltoken/add/").status_code == 403
