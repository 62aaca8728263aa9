"""What cannot be taken back is asked about first: the page says what would end, and its button does it."""

from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import Permission
from django.test import Client as Browser
from oauth2_provider.models import AccessToken, Grant, RefreshToken

from accounts.models import User
from oauth_bridge.models import Client, Connection, DeviceAuthorization, PersonalToken
from oauth_bridge.personal_tokens import create
from oauth_bridge.resources import protected_resources
from tests.oauth_bridge.devices import Device, register_device
from tests.oauth_bridge.flows import Flow, error, register, works
from tests.oauth_bridge.operator import ask, clerk, confirm, history, superuser, url_of, words
from tests.oauth_bridge.operator_clients import operator_client

ASKS = [
    (Client, "revoke"),
    (Connection, "revoke"),
    (AccessToken, "revoke_one"),
    (AccessToken, "revoke"),
    (AccessToken, "revoke_users"),
    (RefreshToken, "revoke_one"),
    (RefreshToken, "revoke"),
    (RefreshToken, "revoke_users"),
    (Grant, "revoke_users"),
    (DeviceAuthorization, "revoke_users"),
    (User, "revoke"),
]
"""Actions that end the tokens of somebody who has a token, a code and a device."""


@pytest.fixture
def operator(db: None) -> Browser:
    return superuser()


@pytest.fixture
def tokens(flow: Flow) -> dict[str, Any]:
    """Alice's, who has a code and a device that wait besides."""
    tokens = flow.tokens()
    flow.code()
    Device.start(flow.browser, register_device(flow.browser)).answered("allow")
    return tokens


def ended(tokens: dict[str, Any], flow: Flow) -> bool:
    """Whether the access token or the refresh token opens nothing any more."""
    return not works(tokens) or error(flow.refresh(tokens["refresh_token"])) == "invalid_grant"


@pytest.mark.parametrize(("model", "action"), ASKS)
def test_nothing_happens_before_the_button_is_pressed(
    operator: Browser, flow: Flow, tokens: dict[str, Any], model: Any, action: str
) -> None:
    page = ask(operator, model, action)
    assert page.templates[0].name == "admin/oauth_bridge/confirm.html"
    assert works(tokens)
    assert not [line for row in model.objects.all() for line in history(row)]
    confirm(operator, page)
    assert ended(tokens, flow)


@pytest.mark.parametrize("model", [Grant, DeviceAuthorization])
def test_codes_and_devices_are_asked_about_too(operator: Browser, tokens: dict[str, Any], model: Any) -> None:
    page = ask(operator, model, "revoke")
    assert model.objects.count() == 1
    confirm(operator, page)
    assert model.objects.count() == 0


def test_a_personal_token_is_asked_about(operator: Browser, alice: User) -> None:
    _, personal = create(alice, "Script", protected_resources()[0], ["mcp"], 7)
    page = ask(operator, PersonalToken, "revoke")
    assert works({"access_token": personal})
    assert f"Script of alice, ending in {PersonalToken.objects.get().ending}" in words(page)
    confirm(operator, page)
    assert not works({"access_token": personal})


def test_a_new_secret_is_asked_about(operator: Browser, db: None) -> None:
    client = operator_client(registration_source="manual")
    page = ask(operator, Client, "renew_secret", client.pk)
    assert Client.objects.get().client_secret == client.client_secret
    assert "Copy the secret now" in words(confirm(operator, page))


def test_it_is_said_by_number_and_name_what_ends(operator: Browser, tokens: dict[str, Any]) -> None:
    page = words(ask(operator, User, "revoke", User.objects.get(username="alice").pk))
    for fact in (
        "1 user : alice (alice@example.org)",
        "2 connections : Television for alice Example for alice",
        "1 access token",
        "1 refresh token",
        "1 grant",
        "1 device authorization",
    ):
        assert fact in page


def test_clients_of_one_name_are_told_apart(operator: Browser, flow: Flow) -> None:
    assert f"Example ({flow.client_id})" in words(ask(operator, Client, "revoke"))


def test_more_than_ten_are_counted(operator: Browser, alice: User) -> None:
    client = operator_client()
    for number in range(12):
        user = User.objects.create_user(f"user{number}")
        Connection.objects.create(user=user, client=client, resource="r", scopes="mcp")
    page = ask(operator, Client, "revoke")
    assert "12 connections" in words(page)
    assert "and 2 more" in words(page)


def test_what_has_ended_already_is_said(operator: Browser, tokens: dict[str, Any]) -> None:
    confirm(operator, ask(operator, Client, "revoke"))
    assert "Nothing: all of it has ended already." in words(ask(operator, Client, "revoke"))


def test_the_page_works_without_a_script(operator: Browser, tokens: dict[str, Any]) -> None:
    document = BeautifulSoup(ask(operator, Client, "revoke", Client.objects.latest("pk").pk).content, "html.parser")
    assert document.select("#content form [type=submit]")
    back = document.select_one("#content a.cancel-link")
    assert back is not None
    assert operator.get(str(back["href"])).status_code == 200


@pytest.mark.parametrize("page", ["delete", "changelist"])
def test_so_does_the_one_before_a_deletion(operator: Browser, flow: Flow, page: str) -> None:
    client = Client.objects.get()
    shown = (
        operator.get(url_of(Client, "delete", client.pk))
        if page == "delete"
        else ask(operator, Client, "delete_selected")
    )
    back = BeautifulSoup(shown.content, "html.parser").select_one("#content a.cancel-link")
    assert back is not None
    assert operator.get(str(back["href"])).status_code == 200
    confirm(operator, shown)
    assert not Client.objects.exists()


def test_a_deletion_says_what_goes_with_it(operator: Browser, tokens: dict[str, Any], flow: Flow) -> None:
    client = Client.objects.get(client_id=flow.client_id)
    page = words(operator.get(url_of(Client, "delete", client.pk)))
    for fact in (f"Example ({flow.client_id}) Example for alice", "1 connection", "1 access token", "1 grant"):
        assert fact in page
    assert "connection access token" not in page


def test_the_deletion_of_an_operator_says_that_their_history_goes(operator: Browser, tokens: dict[str, Any]) -> None:
    confirm(operator, ask(operator, Client, "revoke"))
    page = operator.get(url_of(User, "delete", User.objects.get(username="operator").pk))
    assert "deactivate them instead" in words(page)


def test_what_began_on_a_rows_page_ends_there(operator: Browser, tokens: dict[str, Any]) -> None:
    client = Client.objects.earliest("pk")
    page = ask(operator, Client, "revoke", client.pk, from_page="1")
    assert page.context["back"] == url_of(Client, "change", client.pk)
    assert confirm(operator, page).redirect_chain[-1][0] == url_of(Client, "change", client.pk)


def test_a_whole_list_is_confirmed_whole(operator: Browser, browser: Browser) -> None:
    flows = [Flow(browser, register(browser, client_name=f"App {n}").json()["client_id"]) for n in range(3)]
    tokens = [flow.tokens() for flow in flows]
    page = ask(operator, Connection, "revoke", Connection.objects.latest("pk").pk, select_across="1")
    assert "3 connections" in words(page)
    confirm(operator, page)
    assert not any(works(each) for each in tokens)


def test_rows_that_came_in_between_are_asked_about_again(operator: Browser, browser: Browser, flow: Flow) -> None:
    first = flow.tokens()
    page = ask(operator, Connection, "revoke", Connection.objects.get().pk, select_across="1")
    second = Flow(browser, register(browser, client_name="Late").json()["client_id"]).tokens()
    again = confirm(operator, page)
    assert "have changed since you were asked" in words(again)
    assert works(first)
    assert works(second)
    confirm(operator, again)
    assert not works(second)


def test_a_forged_button_is_refused(tokens: dict[str, Any]) -> None:
    browser = Browser(enforce_csrf_checks=True)
    browser.force_login(User.objects.create_superuser("boss"))
    form = {"action": "revoke", "_selected_action": Connection.objects.earliest("pk").pk, "confirmed": "1"}
    assert browser.post(url_of(Connection, "changelist"), form).status_code == 403
    assert works(tokens)


def test_the_address_of_the_page_does_nothing(operator: Browser, tokens: dict[str, Any]) -> None:
    row = Connection.objects.earliest("pk")
    query = {"action": "revoke", "_selected_action": row.pk, "confirmed": "1"}
    operator.get(url_of(Connection, "changelist"), query)
    assert works(tokens)


@pytest.mark.parametrize(("model", "action"), ASKS)
def test_who_may_only_look_is_not_even_asked(flow: Flow, tokens: dict[str, Any], model: Any, action: str) -> None:
    viewer = clerk(f"view_{model._meta.model_name}")
    page = ask(viewer, model, action)
    assert page.templates[0].name != "admin/oauth_bridge/confirm.html"
    ask(viewer, model, action, confirmed=str(model.objects.count()))
    assert works(tokens)


@pytest.mark.parametrize(("model", "action"), ASKS)
def test_who_may_not_any_more_is_refused_by_the_button(
    flow: Flow, tokens: dict[str, Any], model: Any, action: str
) -> None:
    browser = clerk(f"view_{model._meta.model_name}", "revoke_access")
    page = ask(browser, model, action)
    User.objects.get(username="clerk").user_permissions.remove(Permission.objects.get(codename="revoke_access"))
    confirm(browser, page)
    assert works(tokens)


def test_markup_is_text(operator: Browser, browser: Browser) -> None:
    markup = "<script>alert(1)</script>"
    flow = Flow(browser, register(browser, client_name=markup).json()["client_id"])
    flow.tokens()
    shown = [ask(operator, model, "revoke") for model in (Client, Connection, User, AccessToken)]
    shown += [ask(operator, Client, "delete_selected"), operator.get(url_of(User, "delete", 1))]
    assert all(b"<script>alert" not in page.content for page in shown)
    assert sum(b"&lt;script&gt;alert" in page.content for page in shown) >= 5
