"""The framework (RFC 6749) as OAuth 2.1 narrows it: requests, answers and how clients authenticate."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone
from oauth2_provider.models import Grant

from accounts.models import User
from oauth_bridge.models import Client
from tests.oauth_bridge.flows import ISSUER, REDIRECT_URI, Flow, answer_of, basic, error, post_form, refused, register


class TestAuthorizationRequest:
    @pytest.mark.parametrize("response_type", ["token", "code token", "none", "id_token"])
    def test_another_response_type(self, flow: Flow, response_type: str) -> None:
        """OAuth 2.1 §4.1.1."""
        answer = refused(flow, response_type=response_type)
        assert answer["error"] == "unsupported_response_type"
        assert answer["error_description"] == "response_type must be code."
        assert (answer["state"], answer["iss"]) == ("state-1", ISSUER)

    def test_no_response_type(self, flow: Flow) -> None:
        """RFC 6749 §4.1.2.1."""
        assert refused(flow, response_type=None)["error"] == "invalid_request"

    def test_another_response_mode(self, flow: Flow) -> None:
        """OAuth 2.1 §4.1.2: the answer is in the query."""
        assert refused(flow, response_mode="fragment")["error"] == "invalid_request"

    def test_the_redirect_uri_may_be_left_out_when_there_is_one(self, flow: Flow) -> None:
        """RFC 6749 §3.1.2.3."""
        assert "code" in answer_of(flow.consent(redirect_uri=None))

    def test_without_state_none_is_sent_back(self, flow: Flow) -> None:
        """RFC 6749 §4.1.2."""
        assert set(answer_of(flow.consent(state=None))) == {"code", "iss"}

    @pytest.mark.parametrize("parameter", ["client_id", "redirect_uri", "state", "scope"])
    def test_a_parameter_twice(self, flow: Flow, parameter: str) -> None:
        """RFC 6749 §3.1."""
        url = f"{flow.authorize_url(scope='mcp')}&{parameter}=again"
        assert flow.browser.get(url).status_code == 400

    def test_nobody_can_answer_from_another_site(self, flow: Flow, alice: User) -> None:
        """Consent by cross-site request forgery (RFC 6749 §10.12)."""
        browser = Browser(enforce_csrf_checks=True)
        browser.force_login(alice)
        assert browser.post(flow.authorize_url(), {"allow": "1"}).status_code == 403
        assert not Grant.objects.exists()

    def test_a_get_never_answers(self, flow: Flow) -> None:
        """RFC 6749 §10.12: consent is no link that another site can make a browser follow."""
        assert flow.browser.get(flow.authorize_url(allow="1")).status_code == 200
        assert not Grant.objects.exists()


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

    def test_works_once(self, flow: Flow) -> None:
        """RFC 6749 §4.1.2."""
        code = flow.code()
        assert flow.exchange(code).status_code == 200
        assert flow.exchange(code).json()["error"] == "invalid_grant"

    def test_is_good_for_a_minute(self, flow: Flow) -> None:
        """RFC 6749 §4.1.2: ten minutes at the most."""
        code = flow.code()
        left = Grant.objects.get().expires - timezone.now()
        assert timedelta(seconds=50) < left <= timedelta(seconds=60)
        Grant.objects.update(expires=timezone.now())
        assert flow.exchange(code).json()["error"] == "invalid_grant"

    def test_is_of_its_own_client(self, flow: Flow, confidential: Flow) -> None:
        """RFC 6749 §4.1.3."""
        response = confidential.exchange(flow.code(), redirect_uri=REDIRECT_URI)
        assert response.json()["error"] == "invalid_grant"

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

    def test_missing(self, flow: Flow) -> None:
        """RFC 6749 §4.1.3."""
        assert flow.token(grant_type="authorization_code").json()["error"] == "invalid_request"


class TestGrantTypes:
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
        """RFC 6749 §5.2."""
        assert flow.token().json()["error"] == "invalid_request"


class TestRefreshRequest:
    def test_unknown(self, flow: Flow) -> None:
        """RFC 6749 §5.2."""
        assert error(flow.refresh("unknown")) == "invalid_grant"

    def test_missing(self, flow: Flow) -> None:
        """RFC 6749 §6."""
        assert error(flow.token(grant_type="refresh_token")) == "invalid_request"

    def test_of_another_client(self, flow: Flow, confidential: Flow) -> None:
        """RFC 6749 §10.4."""
        assert error(confidential.refresh(flow.tokens()["refresh_token"])) == "invalid_grant"


class TestClientAuthentication:
    """RFC 6749 §2.3.1."""

    def test_by_secret_in_the_body(self, confidential: Flow) -> None:
        """RFC 6749 §2.3.1."""
        assert confidential.exchange(confidential.code()).status_code == 200

    @pytest.mark.parametrize("scheme", ["Basic", "basic"])
    def test_by_secret_in_the_header(self, confidential: Flow, scheme: str) -> None:
        """RFC 6749 §2.3.1; RFC 9110 §11.1: the scheme has no case."""
        form = {"grant_type": "authorization_code", "code": confidential.code(), "redirect_uri": REDIRECT_URI}
        form["code_verifier"] = "a-verifier-that-is-long-enough-for-rfc-7636-x"
        headers = basic(confidential.client_id, confidential.client_secret or "", scheme)
        assert post_form(confidential.browser, "/token", form, **headers).status_code == 200

    @pytest.mark.parametrize("secret", [None, "wrong"])
    def test_failed(self, confidential: Flow, secret: str | None) -> None:
        """RFC 6749 §5.2."""
        response = confidential.exchange(confidential.code(), client_secret=secret)
        assert (response.status_code, response.json()["error"]) == (401, "invalid_client")
        assert response["WWW-Authenticate"].startswith("Basic ")

    @pytest.mark.parametrize("header", ["Basic", "Basic !!!", "Basic YQ==", "Basic /w==", "Basic YQBiOng=", "Bearer x"])
    def test_with_a_broken_header(self, confidential: Flow, header: str) -> None:
        """RFC 6749 §5.2."""
        form = {"grant_type": "authorization_code", "code": "x"}
        response = post_form(confidential.browser, "/token", form, Authorization=header)
        assert response.json()["error"] == "invalid_client"

    def test_of_a_deleted_client(self, flow: Flow) -> None:
        """RFC 6749 §5.2."""
        Client.objects.all().delete()
        response = flow.exchange("x")
        assert (response.status_code, response.json()["error"]) == (401, "invalid_client")

    def test_of_a_disabled_client(self, flow: Flow) -> None:
        """RFC 6749 §5.2."""
        code = flow.code()
        Client.objects.update(disabled=True)
        assert flow.exchange(code).json()["error"] == "invalid_client"
