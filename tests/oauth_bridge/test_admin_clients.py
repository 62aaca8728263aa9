"""Clients in Django admin: found, made by hand, trusted, switched off and deleted."""

from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.test import Client as Browser
from oauth2_provider.models import AccessToken

from accounts.models import User
from oauth_bridge.models import Client, Connection
from tests.oauth_bridge.flows import Flow, post_form, register, works
from tests.oauth_bridge.operator import act, clerk, history, listed, offered, superuser, url_of, words
from tests.oauth_bridge.protected import RESOURCE

BY_HAND = {
    "client_id": "by-hand",
    "name": "By hand",
    "client_type": "confidential",
    "authorization_grant_type": "authorization-code",
    "redirect_uris": "https://mine.example/cb",
    "contacts": "[]",
}


@pytest.fixture
def operator(db: None) -> Browser:
    return superuser()


def make(browser: Browser, **fields: Any) -> Any:
    """The answer to the form for a new client."""
    return browser.post(url_of(Client, "add"), {**BY_HAND, **fields})


def secret_on(page: Any) -> str:
    """The secret that a page shows."""
    return BeautifulSoup(page.content, "html.parser").select("dl.secret code")[1].get_text()


class TestList:
    @pytest.mark.parametrize("term", ["Example", "client.example", "ops@example.net"])
    def test_finds_by_name_redirect_host_and_contact(self, operator: Browser, browser: Browser, term: str) -> None:
        register(browser, client_name="Example", contacts=["ops@example.net"])
        register(browser, client_name="Other", redirect_uris=["https://other.test/cb"])
        assert listed(operator, Client, q=term) == 1

    def test_finds_by_client_id(self, operator: Browser, flow: Flow) -> None:
        register(flow.browser, client_name="Other")
        assert listed(operator, Client, q=flow.client_id) == 1

    def test_counts_connections_and_live_tokens_apart(self, operator: Browser, flow: Flow) -> None:
        flow.tokens()
        flow.tokens()
        row = operator.get(url_of(Client, "changelist")).context["cl"].result_list[0]
        assert (row.connection_count, row.token_count) == (1, 2)

    def test_says_what_users_are_told_of_each(self, operator: Browser, flow: Flow) -> None:
        make(operator)
        page = BeautifulSoup(operator.get(url_of(Client, "changelist")).content, "html.parser")
        assert [cell.get_text() for cell in page.select("td.field-trusted")] == ["approved", "not checked"]

    def test_says_how_each_came(self, operator: Browser, flow: Flow) -> None:
        make(operator)
        for origin, found in {"manual": 1, "dcr": 1, "cimd": 0, "token": 0}.items():
            assert listed(operator, Client, origin=origin) == found


class TestPage:
    def test_shows_connections_and_where_it_registered_from(self, operator: Browser, flow: Flow) -> None:
        flow.tokens()
        page = words(operator.get(url_of(Client, "change", Client.objects.get().pk)))
        for fact in ("127.0.0.1", "https://client.example/callback", "alice", "The ledger has none."):
            assert fact in page

    def test_lets_nobody_rewrite_what_a_client_said_of_itself(self, operator: Browser, flow: Flow) -> None:
        client = Client.objects.get()
        form = {"trust": "approved", "name": "Another", "redirect_uris": "https://evil.example/cb"}
        assert operator.post(url_of(Client, "change", client.pk), form).status_code == 302
        client.refresh_from_db()
        assert (client.trust, client.name) == ("approved", "Example")
        assert client.redirect_uris == "https://client.example/callback"
        assert history(client) == ["operator: Changed Trust."]


class TestMadeByHand:
    def test_show_their_secret_once(self, operator: Browser) -> None:
        page = make(operator)
        client = Client.objects.get()
        secret = secret_on(page)
        assert client.has_secret(secret)
        assert "no-store" in page["Cache-Control"]
        again = operator.get(url_of(Client, "change", client.pk))
        assert secret.encode() not in again.content
        assert client.client_secret.encode() not in again.content
        assert client.registration_source == Client.RegistrationSource.MANUAL

    def test_get_tokens_for_a_code(self, operator: Browser, browser: Browser) -> None:
        secret = secret_on(make(operator))
        tokens = Flow(browser, "by-hand", secret, "https://mine.example/cb").tokens()
        assert works(tokens)

    def test_act_as_the_chosen_user(self, operator: Browser, browser: Browser, alice: User) -> None:
        page = make(operator, authorization_grant_type="client-credentials", redirect_uris="", acts_as="alice")
        flow = Flow(Browser(), "by-hand", secret_on(page))
        answer = flow.token(grant_type="client_credentials", resource=RESOURCE)
        assert works(answer.json())
        assert Connection.objects.get().user == alice

    def test_keep_their_user_when_something_else_is_changed(self, operator: Browser, alice: User) -> None:
        make(operator, authorization_grant_type="client-credentials", redirect_uris="", acts_as="alice")
        client = Client.objects.get()
        url = url_of(Client, "change", client.pk)
        assert b'name="acts_as" value="alice"' in operator.get(url).content
        changed = {**BY_HAND, "authorization_grant_type": "client-credentials", "redirect_uris": "", "acts_as": "alice"}
        changed |= {"name": "Renamed", "initial-contacts": "[]"}
        assert operator.post(url, changed).status_code == 302
        assert Client.objects.get().acts_as == alice
        assert history(client)[-1] == "operator: Changed Name."

    def test_may_ask_about_tokens(self, operator: Browser, flow: Flow) -> None:
        page = make(
            operator,
            authorization_grant_type="client-credentials",
            redirect_uris="",
            may_introspect="on",
            introspects=RESOURCE,
        )
        form = {"client_id": "by-hand", "client_secret": secret_on(page), "token": flow.tokens()["access_token"]}
        assert post_form(Browser(), "/introspect", form).json()["active"]

    def test_without_a_secret_are_shown_themselves(self, operator: Browser) -> None:
        assert make(operator, client_type="public").status_code == 302

    @pytest.mark.parametrize(
        ("wrong", "told"),
        [
            ({"redirect_uris": "http://evil.example/cb"}, "is neither https"),
            ({"redirect_uris": ""}, "Write at least one"),
            ({"authorization_grant_type": "client-credentials"}, "Choose the user that it is"),
            ({"authorization_grant_type": "client-credentials", "client_type": "public"}, "Choose confidential"),
            ({"may_introspect": "on", "client_type": "public"}, "Choose confidential"),
            ({"introspects": "https://elsewhere.example/mcp"}, "Select a valid choice"),
            ({"contacts": '{"a": 1}'}, "Write a list of texts"),
        ],
    )
    def test_are_refused_when_they_could_never_work(self, operator: Browser, wrong: dict[str, str], told: str) -> None:
        assert told in words(make(operator, **wrong))
        assert not Client.objects.exists()

    def test_get_a_new_secret_that_ends_the_old_one(self, operator: Browser) -> None:
        former = secret_on(make(operator))
        page = act(operator, Client, "renew_secret")
        client = Client.objects.get()
        assert client.has_secret(secret_on(page))
        assert not client.has_secret(former)
        assert history(client)[-1] == "operator: New secret."

    def test_are_not_made_to_act_as_an_administrator_by_anybody_else(self, db: None) -> None:
        User.objects.create_superuser("boss")
        browser = clerk("add_client", "change_client", "view_client")
        page = make(browser, authorization_grant_type="client-credentials", redirect_uris="", acts_as="boss")
        assert "There is no such user that you may choose." in words(page)
        assert not Client.objects.exists()

    def test_that_act_as_an_administrator_are_theirs_to_renew(self, operator: Browser) -> None:
        boss = User.objects.get(username="operator")
        make(operator, authorization_grant_type="client-credentials", redirect_uris="", acts_as=boss.username)
        before = Client.objects.get().client_secret
        page = act(clerk("change_client", "view_client"), Client, "renew_secret")
        assert "only one may do that" in words(page)
        assert Client.objects.get().client_secret == before


class TestActions:
    def test_trust_and_trust_no_more(self, operator: Browser, flow: Flow) -> None:
        act(operator, Client, "approve")
        assert Client.objects.get().trust == Client.Trust.APPROVED
        act(operator, Client, "disapprove")
        client = Client.objects.get()
        assert client.trust == Client.Trust.UNKNOWN
        assert history(client) == ["operator: Trusted.", "operator: No longer trusted."]

    def test_disable_and_enable(
        self, operator: Browser, flow: Flow, ended: list[frozenset[int]], committed: Any
    ) -> None:
        tokens = flow.tokens()
        with committed():
            act(operator, Client, "disable")
        assert not works(tokens)
        assert ended == [frozenset({Connection.objects.get().pk})]
        act(operator, Client, "enable")
        assert works(tokens)
        assert history(Client.objects.get()) == ["operator: Disabled.", "operator: Enabled."]

    def test_revoke_everything(self, operator: Browser, flow: Flow) -> None:
        tokens = flow.tokens()
        act(operator, Client, "revoke")
        assert not works(tokens)
        connection = Connection.objects.get()
        assert connection.state == Connection.State.REVOKED
        assert history(connection) == ["operator: Revoked."]
        assert history(Client.objects.get()) == ["operator: Everything revoked."]

    def test_what_was_not_changed_has_no_history(self, operator: Browser, flow: Flow) -> None:
        act(operator, Client, "enable")
        assert history(Client.objects.get()) == []

    def test_delete_with_all_that_hangs_on_it(self, operator: Browser, flow: Flow) -> None:
        """Stock admin answers 403 for every client that was ever used."""
        flow.tokens()
        url = url_of(Client, "delete", Client.objects.get().pk)
        assert operator.get(url).status_code == 200
        assert operator.post(url, {"post": "yes"}).status_code == 302
        assert not Client.objects.exists()
        assert not AccessToken.objects.exists()


class TestPermissions:
    def test_seeing_is_not_acting(self, flow: Flow) -> None:
        tokens = flow.tokens()
        viewer = clerk("view_client")
        assert offered(viewer, Client) == set()
        for action in ("approve", "disable", "revoke", "renew_secret", "delete_selected"):
            act(viewer, Client, action, post="yes")
        client = Client.objects.get()
        assert (client.disabled, client.trust) == (False, "")
        assert works(tokens)

    def test_revoking_is_not_changing(self, flow: Flow) -> None:
        assert offered(clerk("view_client", "revoke_access"), Client) == {"revoke"}

    def test_changing_is_not_revoking(self, flow: Flow) -> None:
        assert "revoke" not in offered(clerk("view_client", "change_client"), Client)

    def test_seeing_is_not_deleting(self, flow: Flow) -> None:
        url = url_of(Client, "delete", Client.objects.get().pk)
        assert clerk("view_client").post(url, {"post": "yes"}).status_code == 403
