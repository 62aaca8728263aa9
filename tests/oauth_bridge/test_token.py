"""The token endpoint: codes (RFC 6749 §4.1.3, RFC 7636 §4.6, RFC 8707 §2.2) and how clients authenticate."""

import base64
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone
from oauth2_provider.models import AccessToken, Grant, RefreshToken

from accounts.models import User
from oauth_bridge.bearer import BearerError, verify
from oauth_bridge.models import Client, Connection, ConnectionAccessToken, ConnectionRefreshToken
from oauth_bridge.revocation import pause_connections, revoke_connections
from tests.oauth_bridge.flows import FORM, REDIRECT_URI, Flow, post_form, register
from tests.oauth_bridge.protected import OTHER_RESOURCE, RESOURCE


def basic(client_id: str, secret: str, scheme: str = "Basic") -> dict[str, str]:
    credentials = base64.b64encode(f"{client_id}:{secret}".encode()).decode()
    return {"Authorization": f"{scheme} {credentials}"}


class TestCode:
    def test_gives_tokens(self, flow: Flow) -> None:
        """RFC 6749 §5.1."""
        response = flow.exchange(flow.code(scope="mcp notes:read"))
        answer = response.json()
        assert set(answer) == {"access_token", "refresh_token", "token_type", "expires_in", "scope"}
        assert (answer["token_type"], answer["expires_in"]) == ("Bearer", 3600)
        assert answer["scope"].split() == ["mcp", "notes:read"]
        assert response["Cache-Control"] == "no-store"
        assert response["Content-Type"] == "application/json"

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

    def test_works_once(self, flow: Flow) -> None:
        code = flow.code()
        assert flow.exchange(code).status_code == 200
        assert flow.exchange(code).json()["error"] == "invalid_grant"

    def test_used_twice_ends_what_it_issued(self, flow: Flow) -> None:
        """RFC 6749 §4.1.2."""
        code = flow.code()
        tokens = flow.exchange(code).json()
        flow.exchange(code)
        with pytest.raises(BearerError):
            verify(tokens["access_token"], RESOURCE)
        assert flow.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"

    def test_used_twice_ends_what_was_refreshed_from_it(self, flow: Flow) -> None:
        code = flow.code()
        renewed = flow.refresh(flow.exchange(code).json()["refresh_token"]).json()
        flow.exchange(code)
        with pytest.raises(BearerError):
            verify(renewed["access_token"], RESOURCE)

    def test_used_twice_ends_the_token_of_a_client_without_refresh(self, browser: Browser) -> None:
        answer = register(browser, grant_types=["authorization_code"]).json()
        flow = Flow(browser, answer["client_id"])
        code = flow.code()
        tokens = flow.exchange(code).json()
        assert "refresh_token" not in tokens
        flow.exchange(code)
        with pytest.raises(BearerError):
            verify(tokens["access_token"], RESOURCE)
        assert flow.exchange(code).json()["error"] == "invalid_grant"

    def test_used_twice_spares_other_grants_of_the_client(self, flow: Flow) -> None:
        other = flow.tokens()
        code = flow.code()
        flow.exchange(code)
        flow.exchange(code)
        assert verify(other["access_token"], RESOURCE)

    def test_is_good_for_a_minute(self, flow: Flow) -> None:
        code = flow.code()
        left = Grant.objects.get().expires - timezone.now()
        assert timedelta(seconds=50) < left <= timedelta(seconds=60)
        Grant.objects.update(expires=timezone.now())
        assert flow.exchange(code).json()["error"] == "invalid_grant"

    def test_is_of_its_own_client(self, flow: Flow, confidential: Flow) -> None:
        response = confidential.exchange(flow.code(), redirect_uri=REDIRECT_URI)
        assert response.json()["error"] == "invalid_grant"

    @pytest.mark.parametrize("verifier", ["b" * 43, "ä" * 43])
    def test_wants_its_verifier(self, flow: Flow, verifier: str) -> None:
        """RFC 7636 §4.6."""
        assert flow.exchange(flow.code(), code_verifier=verifier).json()["error"] == "invalid_grant"

    def test_wants_a_verifier(self, flow: Flow) -> None:
        assert flow.exchange(flow.code(), code_verifier=None).status_code == 400

    def test_wants_the_same_redirect_uri(self, flow: Flow) -> None:
        """RFC 6749 §4.1.3."""
        response = flow.exchange(flow.code(), redirect_uri="https://client.example/other")
        assert response.status_code == 400

    def test_needs_no_redirect_uri(self, browser: Browser) -> None:
        """OAuth 2.1 §4.1.3 leaves it out, also where several are registered."""
        uris = [REDIRECT_URI, "http://127.0.0.1/"]
        answer = register(browser, redirect_uris=uris).json()
        flow = Flow(browser, answer["client_id"], redirect_uri="http://127.0.0.1:40123/")
        assert flow.exchange(flow.code(), redirect_uri=None).status_code == 200

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

    def test_missing(self, flow: Flow) -> None:
        assert flow.token(grant_type="authorization_code").json()["error"] == "invalid_request"


class TestResource:
    def test_named_again_must_be_the_same(self, flow: Flow) -> None:
        """RFC 8707 §2.2."""
        response = flow.exchange(flow.code(), resource=OTHER_RESOURCE)
        assert (response.status_code, response.json()["error"]) == (400, "invalid_target")
        assert response["Content-Type"] == "application/json"
        assert response["Cache-Control"] == "no-store"

    def test_named_in_another_spelling_is_the_same(self, flow: Flow) -> None:
        assert flow.exchange(flow.code(), resource=f"{RESOURCE}/").status_code == 200

    def test_repeated_is_the_same(self, flow: Flow) -> None:
        assert flow.exchange(flow.code(), resource=[RESOURCE, f"{RESOURCE}/"]).status_code == 200

    @pytest.mark.parametrize("resource", ["https://[bad", "https://elsewhere.example/mcp"])
    def test_of_somebody_else_is_refused(self, flow: Flow, resource: str) -> None:
        assert flow.exchange(flow.code(), resource=resource).json()["error"] == "invalid_target"

    def test_is_bound_to_the_token(self, flow: Flow) -> None:
        tokens = flow.tokens(resource=OTHER_RESOURCE)
        assert verify(tokens["access_token"], OTHER_RESOURCE).scopes == {"reports"}
        with pytest.raises(BearerError):
            verify(tokens["access_token"], RESOURCE)


class TestClientAuthentication:
    """RFC 6749 §2.3.1."""

    def test_by_secret_in_the_body(self, confidential: Flow) -> None:
        assert confidential.exchange(confidential.code()).status_code == 200

    @pytest.mark.parametrize("scheme", ["Basic", "basic"])
    def test_by_secret_in_the_header(self, confidential: Flow, scheme: str) -> None:
        form = {"grant_type": "authorization_code", "code": confidential.code(), "redirect_uri": REDIRECT_URI}
        form["code_verifier"] = "a-verifier-that-is-long-enough-for-rfc-7636-x"
        headers = basic(confidential.client_id, confidential.client_secret or "", scheme)
        assert post_form(confidential.browser, "/token", form, **headers).status_code == 200

    @pytest.mark.parametrize("secret", [None, "wrong"])
    def test_failed(self, confidential: Flow, secret: str | None) -> None:
        response = confidential.exchange(confidential.code(), client_secret=secret)
        assert (response.status_code, response.json()["error"]) == (401, "invalid_client")
        assert response["WWW-Authenticate"].startswith("Basic ")

    @pytest.mark.parametrize("header", ["Basic", "Basic !!!", "Basic YQ==", "Basic /w==", "Basic YQBiOng=", "Bearer x"])
    def test_with_a_broken_header(self, confidential: Flow, header: str) -> None:
        form = {"grant_type": "authorization_code", "code": "x"}
        response = post_form(confidential.browser, "/token", form, Authorization=header)
        assert response.json()["error"] == "invalid_client"

    def test_of_a_deleted_client(self, flow: Flow) -> None:
        Client.objects.all().delete()
        response = flow.exchange("x")
        assert (response.status_code, response.json()["error"]) == (401, "invalid_client")

    def test_of_a_disabled_client(self, flow: Flow) -> None:
        code = flow.code()
        Client.objects.update(disabled=True)
        assert flow.exchange(code).json()["error"] == "invalid_client"


class TestRefused:
    @pytest.mark.parametrize(
        ("grant_type", "errors"),
        [
            ("client_credentials", ("invalid_client", "unauthorized_client")),
            ("urn:ietf:params:oauth:grant-type:device_code", ("unauthorized_client",) * 2),
            ("password", ("unsupported_grant_type",) * 2),
            ("implicit", ("unsupported_grant_type",) * 2),
            ("x", ("unsupported_grant_type",) * 2),
        ],
    )
    def test_every_other_grant(self, flow: Flow, confidential: Flow, grant_type: str, errors: Any) -> None:
        """An anonymous client must never get a token that is nobody's."""
        answers = [client.token(grant_type=grant_type).json()["error"] for client in (flow, confidential)]
        assert answers == list(errors)

    def test_no_grant_type(self, flow: Flow) -> None:
        assert flow.token().json()["error"] == "invalid_request"

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
