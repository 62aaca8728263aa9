"""Clients, connections and tokens in Django admin."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client as Browser
from django.urls import reverse
from oauth2_provider.models import AccessToken, Grant, RefreshToken

from accounts.models import User
from oauth_bridge.bearer import BearerError, verify
from oauth_bridge.models import Client, Connection
from tests.oauth_bridge.flows import Flow
from tests.oauth_bridge.protected import RESOURCE


@pytest.fixture
def operator(db: None) -> Browser:
    """A superuser's browser."""
    browser = Browser()
    browser.force_login(User.objects.create_superuser("operator", "operator@example.org", "secret"))
    return browser


def act(browser: Browser, model: Any, action: str) -> Any:
    """The answer to an action on every row of a model."""
    url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    rows = [str(pk) for pk in model.objects.values_list("pk", flat=True)]
    return browser.post(url, {"action": action, "_selected_action": rows}, follow=True)


def works(tokens: dict[str, Any]) -> bool:
    try:
        verify(tokens["access_token"], RESOURCE)
    except BearerError:
        return False
    return True


MODELS = [Client, Connection, AccessToken, RefreshToken, Grant, User]


@pytest.mark.parametrize("model", MODELS)
def test_every_list_and_page_opens(operator: Browser, flow: Flow, model: Any) -> None:
    tokens = flow.tokens()
    flow.code()
    label = f"{model._meta.app_label}_{model._meta.model_name}"
    listed = operator.get(reverse(f"admin:{label}_changelist"), {"q": "alice"})
    page = operator.get(reverse(f"admin:{label}_change", args=[model.objects.first().pk]))
    assert (listed.status_code, page.status_code) == (200, 200)
    for credential in (tokens["access_token"], tokens["refresh_token"]):
        assert credential.encode() not in listed.content + page.content


@pytest.mark.parametrize(
    ("model", "fields"),
    [
        (AccessToken, ["token", "token_checksum"]),
        (RefreshToken, ["token", "token_checksum"]),
        (Grant, ["code", "code_challenge"]),
    ],
)
def test_nothing_that_could_be_used_is_shown(operator: Browser, flow: Flow, model: Any, fields: list[str]) -> None:
    flow.tokens()
    flow.code()
    row = model.objects.first()
    page = operator.get(reverse(f"admin:oauth2_provider_{model._meta.model_name}_change", args=[row.pk]))
    for field in fields:
        value = getattr(row, field)
        assert not value or value.encode() not in page.content


class TestClients:
    def test_are_found_by_client_id_and_name(self, operator: Browser, flow: Flow) -> None:
        for term in (flow.client_id, "Example"):
            page = operator.get(reverse("admin:oauth_bridge_client_changelist"), {"q": term})
            assert flow.client_id.encode() in page.content

    def test_can_be_disabled_and_enabled(self, operator: Browser, flow: Flow) -> None:
        tokens = flow.tokens()
        act(operator, Client, "disable")
        assert not works(tokens)
        act(operator, Client, "enable")
        assert works(tokens)

    def test_can_lose_all_access(self, operator: Browser, flow: Flow) -> None:
        tokens = flow.tokens()
        act(operator, Client, "revoke")
        assert not works(tokens)
        assert Connection.objects.get().state == Connection.State.REVOKED

    def test_can_be_deleted_with_their_tokens(self, operator: Browser, flow: Flow) -> None:
        """Stock admin answers 403 for every client that was ever used."""
        flow.tokens()
        url = reverse("admin:oauth_bridge_client_delete", args=[Client.objects.get().pk])
        assert operator.get(url).status_code == 200
        assert operator.post(url, {"post": "yes"}).status_code == 302
        assert not Client.objects.exists()
        assert not AccessToken.objects.exists()

    def test_made_by_hand_follow_the_rules_of_redirect_uris(self, operator: Browser) -> None:
        form = {
            "client_id": "by-hand",
            "redirect_uris": "http://evil.example/cb",
            "client_type": "public",
            "authorization_grant_type": "authorization-code",
            "client_secret": "x",
            "contacts": "[]",
            "name": "By hand",
        }
        refused = operator.post(reverse("admin:oauth_bridge_client_add"), form)
        assert b"is neither https" in refused.content
        form["redirect_uris"] = "https://mine.example/cb"
        assert operator.post(reverse("admin:oauth_bridge_client_add"), form).status_code == 302
        assert Client.objects.get().registration_source == Client.RegistrationSource.MANUAL


class TestUsers:
    def test_can_be_deleted_with_their_tokens(self, operator: Browser, flow: Flow, alice: User) -> None:
        flow.tokens()
        url = reverse("admin:accounts_user_delete", args=[alice.pk])
        assert operator.post(url, {"post": "yes"}).status_code == 302
        assert not User.objects.filter(username="alice").exists()
        assert Client.objects.exists()


class TestConnections:
    def test_can_be_paused_resumed_and_revoked(self, operator: Browser, flow: Flow) -> None:
        tokens = flow.tokens()
        act(operator, Connection, "pause")
        assert not works(tokens)
        act(operator, Connection, "resume")
        assert works(tokens)
        act(operator, Connection, "revoke")
        assert not works(tokens)

    def test_are_made_by_consent_alone(self, operator: Browser) -> None:
        assert operator.get(reverse("admin:oauth_bridge_connection_add")).status_code == 403


class TestTokens:
    @pytest.mark.parametrize("model", [AccessToken, RefreshToken])
    def test_can_be_revoked(self, operator: Browser, flow: Flow, model: Any) -> None:
        tokens = flow.tokens()
        act(operator, model, "revoke")
        assert not works(tokens)
        assert flow.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"

    @pytest.mark.parametrize("model", [AccessToken, RefreshToken, Grant])
    @pytest.mark.parametrize("page", ["add", "delete"])
    def test_are_neither_made_nor_deleted_there(self, operator: Browser, flow: Flow, model: Any, page: str) -> None:
        flow.tokens()
        flow.code()
        arguments = [model.objects.first().pk] if page == "delete" else []
        url = reverse(f"admin:oauth2_provider_{model._meta.model_name}_{page}", args=arguments)
        assert operator.get(url).status_code == 403


class TestPermissions:
    @pytest.fixture
    def clerk(self, db: None) -> Callable[..., Browser]:
        def make(*codenames: str) -> Browser:
            user = User.objects.create_user("clerk", is_staff=True)
            user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
            browser = Browser()
            browser.force_login(user)
            return browser

        return make

    def test_seeing_tokens_is_not_revoking_them(self, clerk: Callable[..., Browser], flow: Flow) -> None:
        tokens = flow.tokens()
        act(clerk("view_accesstoken"), AccessToken, "revoke")
        assert works(tokens)

    def test_who_may_change_connections_may_revoke_tokens(self, clerk: Callable[..., Browser], flow: Flow) -> None:
        tokens = flow.tokens()
        act(clerk("view_accesstoken", "change_connection"), AccessToken, "revoke")
        assert not works(tokens)

    def test_seeing_clients_is_not_deleting_them(self, clerk: Callable[..., Browser], flow: Flow) -> None:
        flow.tokens()
        url = reverse("admin:oauth_bridge_client_delete", args=[Client.objects.get().pk])
        assert clerk("view_client").post(url, {"post": "yes"}).status_code == 403
