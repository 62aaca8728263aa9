"""The token endpoint: codes (RFC 6749 §4.1.3, RFC 7636 §4.6, RFC 8707 §2.2) and how clients authenticate."""

from typing import Any

import pytest
from django.test import Client as Browser
from oauth2_provider.models import AccessToken, Grant, RefreshToken

from accounts.models import User
from oauth_bridge.models import Client, Connection, ConnectionAccessToken, ConnectionRefreshToken
from oauth_bridge.revocation import pause_connections, revoke_connections
from tests.oauth_bridge.flows import FORM, Flow, post_form


class TestCode:
    def test_tokens_are_stored_as_digests(self, flow: Flow) -> None:
        flow.tokens()
        assert AccessToken.objects.get().token == ""
        assert RefreshToken.objects.get().token == ""

    def test_every_token_belongs_to_a_connection(self, flow: Flow) -> None:
        flow.tokens()
        connection = Connection.objects.get()
        assert ConnectionAccessToken.objects.get().connection == connection
        assert ConnectionRefreshToken.objects.get().connection == connection
        assert connection.redirect_host == "client.example"
        assert connection.client_fingerprint == Client.objects.get().fingerprint

    def test_is_refused_when_the_user_was_deactivated(self, flow: Flow) -> None:
        code = flow.code()
        User.objects.update(is_active=False)
        assert flow.exchange(code).json()["error"] == "invalid_grant"

    def test_is_refused_when_the_connection_was_revoked_since(self, flow: Flow) -> None:
        flow.tokens()
        code = flow.code()
        revoke_connections(Connection.objects.all())
        assert flow.exchange(code).json()["error"] == "invalid_grant"

    def test_is_refused_when_the_connection_was_paused_since(self, flow: Flow) -> None:
        flow.tokens()
        code = flow.code()
        pause_connections(Connection.objects.all())
        assert flow.exchange(code).json()["error"] == "invalid_grant"
        assert AccessToken.objects.count() == 1

    def test_claimed_by_another_request_gives_nothing(self, flow: Flow, monkeypatch: pytest.MonkeyPatch) -> None:
        """Two requests that validate at the same time: the row can be deleted once."""
        from oauth_bridge import issuance

        redeem = issuance.redeem_code

        def late(request: Any, token: Any, grant: Grant) -> None:
            Grant.objects.all().delete()
            redeem(request, token, grant)

        monkeypatch.setattr(issuance, "redeem_code", late)
        assert flow.exchange(flow.code()).json()["error"] == "invalid_grant"
        assert not AccessToken.objects.exists()


class TestRefused:
    def test_parameters_in_the_url(self, browser: Browser) -> None:
        """RFC 6749 §3.2: credentials never travel in a URL."""
        for query in ("?x=%zz", "?grant_type=authorization_code"):
            assert browser.post(f"/token{query}", "", content_type=FORM).json()["error"] == "invalid_request"

    def test_a_parameter_twice(self, flow: Flow) -> None:
        response = flow.token(grant_type=["authorization_code", "refresh_token"])
        assert response.json()["error"] == "invalid_request"

    def test_a_nul_character(self, flow: Flow) -> None:
        assert flow.token(grant_type="refresh_token", refresh_token="a\0b").json()["error"] == "invalid_request"

    def test_json(self, browser: Browser) -> None:
        response = browser.post("/token", "{}", content_type="application/json")
        assert response.json()["error"] == "invalid_request"

    @pytest.mark.parametrize("method", ["get", "put", "delete", "patch"])
    def test_another_method(self, browser: Browser, method: str) -> None:
        response = getattr(browser, method)("/token")
        assert (response.status_code, response["Allow"]) == (405, "POST, OPTIONS")
        assert response.json()["error"] == "invalid_request"
        assert response["Cache-Control"] == "no-store"

    def test_a_huge_body(self, browser: Browser) -> None:
        response = browser.post("/token", "a=" + "x" * 3_000_000, content_type=FORM)
        assert (response.status_code, response.json()["error"]) == (413, "invalid_request")

    def test_too_many_parameters(self, browser: Browser) -> None:
        body = "&".join(f"p{number}=1" for number in range(1500))
        response = browser.post("/token", body, content_type=FORM)
        assert (response.status_code, response.json()["error"]) == (400, "invalid_request")


@pytest.mark.parametrize("path", ["/token", "/token/", "/revoke", "/revoke/", "/register", "/register/"])
def test_options_is_answered_before_anything_is_asked(browser: Browser, path: str) -> None:
    response = browser.options(path)
    assert (response.status_code, response["Allow"]) == (204, "POST, OPTIONS")


def test_a_trailing_slash_is_the_same_endpoint(browser: Browser) -> None:
    assert post_form(browser, "/token/", {"grant_type": "x"}).status_code == 400


class TestRefusals:
    """RFC 6749 §5.2: a client's developer reads why, whatever the library left unsaid."""

    @pytest.mark.parametrize(
        ("fields", "code"),
        [
            ({"grant_type": "refresh_token", "refresh_token": "x"}, "invalid_grant"),
            ({"grant_type": "authorization_code", "code": "x", "code_verifier": "v" * 43}, "invalid_grant"),
            ({"grant_type": "authorization_code"}, "invalid_request"),
            ({"grant_type": "urn:ietf:params:oauth:grant-type:device_code", "device_code": "x"}, "unauthorized_client"),
            ({"grant_type": "password", "username": "alice", "password": "secret"}, "unsupported_grant_type"),
            ({"grant_type": "refresh_token", "refresh_token": "x", "client_id": "unknown"}, "invalid_client"),
        ],
    )
    def test_say_what_happened(self, flow: Flow, fields: dict[str, str], code: str) -> None:
        answer = flow.token(**fields).json()
        assert (answer["error"], len(answer["error_description"]) > 10) == (code, True)
