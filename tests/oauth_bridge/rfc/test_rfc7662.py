"""Token introspection (RFC 7662): for resource servers that the operator marked, and for nobody else."""

import base64
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone
from oauth2_provider.models import AccessToken

from accounts.models import User
from oauth_bridge.models import Client, Connection
from oauth_bridge.revocation import pause_connections
from tests.oauth_bridge.flows import FORM, Flow, post_form
from tests.oauth_bridge.operator_clients import SECRET, operator_client
from tests.oauth_bridge.protected import OTHER_RESOURCE, RESOURCE


@pytest.fixture
def server(db: None) -> Client:
    """A resource server that may ask about the default resource's tokens."""
    return operator_client(may_introspect=True)


def ask(client: Client, token: str, **fields: Any) -> Any:
    form = {"token": token, "client_id": client.client_id, "client_secret": SECRET, **fields}
    return post_form(Browser(), "/introspect", {name: value for name, value in form.items() if value is not None})


def test_a_good_token_is_told_about(flow: Flow, server: Client, alice: User) -> None:
    """RFC 7662 §2.2."""
    response = ask(server, flow.tokens(scope="mcp notes:read")["access_token"])
    answer = response.json()
    assert response["Cache-Control"] == "no-store"
    assert answer.pop("exp") == int(AccessToken.objects.get().expires.timestamp())
    assert answer == {
        "active": True,
        "iss": "http://localhost:8000",
        "sub": str(alice.pk),
        "username": "alice",
        "client_id": flow.client_id,
        "aud": RESOURCE,
        "scope": "mcp notes:read",
        "token_type": "Bearer",
    }


def test_the_secret_may_come_by_header(flow: Flow, server: Client) -> None:
    """RFC 6749 §2.3.1."""
    basic = base64.b64encode(f"{server.client_id}:{SECRET}".encode()).decode()
    form = {"token": flow.tokens()["access_token"]}
    assert post_form(Browser(), "/introspect", form, Authorization=f"Basic {basic}").json()["active"] is True


@pytest.mark.parametrize("hint", ["access_token", "refresh_token", "nonsense"])
def test_the_hint_is_a_hint(flow: Flow, server: Client, hint: str) -> None:
    """RFC 7662 §2.1."""
    assert ask(server, flow.tokens()["access_token"], token_type_hint=hint).json()["active"] is True


class TestNotActive:
    """RFC 7662 §2.2: such a token is not active, and nothing else is told of it."""

    def test_unknown(self, server: Client) -> None:
        assert ask(server, "unknown").json() == {"active": False}

    def test_of_absurd_length(self, server: Client) -> None:
        assert ask(server, "x" * 50_000).json() == {"active": False}

    def test_a_refresh_token(self, flow: Flow, server: Client) -> None:
        assert ask(server, flow.tokens()["refresh_token"]).json() == {"active": False}

    def test_expired(self, flow: Flow, server: Client) -> None:
        token = flow.tokens()["access_token"]
        AccessToken.objects.update(expires=timezone.now() - timedelta(seconds=1))
        assert ask(server, token).json() == {"active": False}

    def test_revoked(self, flow: Flow, server: Client) -> None:
        token = flow.tokens()["access_token"]
        flow.revoke(token)
        assert ask(server, token).json() == {"active": False}

    def test_paused(self, flow: Flow, server: Client) -> None:
        token = flow.tokens()["access_token"]
        pause_connections(Connection.objects.all())
        assert ask(server, token).json() == {"active": False}

    def test_of_a_deactivated_user(self, flow: Flow, server: Client) -> None:
        token = flow.tokens()["access_token"]
        User.objects.update(is_active=False)
        assert ask(server, token).json() == {"active": False}

    def test_for_another_resource(self, flow: Flow, server: Client) -> None:
        """RFC 7662 §4: a resource server learns of its own tokens alone."""
        token = flow.tokens(resource=OTHER_RESOURCE)["access_token"]
        assert ask(server, token).json() == {"active": False}
        Client.objects.filter(pk=server.pk).update(introspects=OTHER_RESOURCE)
        assert ask(server, token).json()["active"] is True

    def test_a_token_of_the_toolkit_without_a_connection(self, flow: Flow, server: Client, alice: User) -> None:
        """Registration tokens and ID tokens are no access tokens."""
        AccessToken.objects.create(user=alice, token="loose", expires=timezone.now() + timedelta(hours=1))
        assert ask(server, "loose").json() == {"active": False}


class TestRefused:
    """RFC 7662 §2.1: the endpoint requires authorization, or it could be scanned for tokens."""

    def test_a_client_that_is_not_marked(self, flow: Flow) -> None:
        response = ask(operator_client(), flow.tokens()["access_token"])
        assert (response.status_code, response.json()["error"]) == (403, "unauthorized_client")
        assert response["Cache-Control"] == "no-store"

    def test_a_client_that_registered_itself(self, flow: Flow, confidential: Flow) -> None:
        """Stock DOT tells any client about anyone's token."""
        Client.objects.update(may_introspect=True)
        form = {"token": flow.tokens()["access_token"], "client_id": confidential.client_id}
        form["client_secret"] = str(confidential.client_secret)
        assert post_form(Browser(), "/introspect", form).status_code == 403

    def test_a_public_client(self, flow: Flow) -> None:
        client = operator_client(may_introspect=True, client_type=Client.CLIENT_PUBLIC)
        assert ask(client, flow.tokens()["access_token"], client_secret=None).status_code == 403

    @pytest.mark.parametrize("secret", [None, "wrong", ""])
    def test_a_wrong_secret(self, server: Client, secret: str | None) -> None:
        response = ask(server, "x", client_secret=secret)
        assert (response.status_code, response.json()["error"]) == (401, "invalid_client")
        assert "WWW-Authenticate" in response

    @pytest.mark.parametrize("secret", ["", "x"])
    def test_a_client_whose_secret_is_blank(self, db: None, secret: str) -> None:
        """Stock DOT lets it in without one."""
        client = operator_client(may_introspect=True, client_secret="")
        basic = base64.b64encode(f"{client.client_id}:{secret}".encode()).decode()
        assert post_form(Browser(), "/introspect", {"token": "x"}, Authorization=f"Basic {basic}").status_code == 401
        assert ask(client, "x", client_secret=None).status_code == 401

    def test_nobody(self, db: None) -> None:
        assert post_form(Browser(), "/introspect", {"token": "x"}).status_code == 401

    def test_a_disabled_client(self, server: Client) -> None:
        Client.objects.update(disabled=True)
        assert ask(server, "x").status_code == 401

    def test_no_token(self, server: Client) -> None:
        assert ask(server, "").json()["error"] == "invalid_request"

    def test_get(self, db: None) -> None:
        """RFC 7662 §2.1: tokens in a URL end in logs."""
        assert Browser().get("/introspect", {"token": "x"}).status_code == 405

    @pytest.mark.parametrize("body", ["", "token=%00", "token=a&token=b", "token=%FF&client_id=%FF"])
    def test_junk(self, db: None, body: str) -> None:
        response = Browser().post("/introspect", body, content_type=FORM)
        assert response.status_code in (400, 401)
        assert response.json()["error"] in ("invalid_request", "invalid_client")


def test_it_is_advertised_without_none(db: None) -> None:
    """RFC 8414 §2."""
    document = Browser().get("/.well-known/oauth-authorization-server").json()
    assert document["introspection_endpoint"] == "http://localhost:8000/introspect"
    assert "none" not in document["introspection_endpoint_auth_methods_supported"]
