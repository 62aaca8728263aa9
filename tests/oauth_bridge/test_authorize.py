"""The authorization request (OAuth 2.1 §4.1, RFC 7636, RFC 9207): what is asked of the user, refused, sent back."""

import hashlib
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client as Browser
from oauth2_provider.models import Grant

from accounts.models import User
from oauth_bridge.models import Client, Connection
from oauth_bridge.revocation import pause_connections
from tests.oauth_bridge.flows import Flow, answer_of
from tests.oauth_bridge.protected import RESOURCE


class TestAllowed:
    def test_the_code_is_stored_as_a_digest(self, flow: Flow) -> None:
        code = flow.code()
        assert Grant.objects.get().code == hashlib.sha256(code.encode()).hexdigest()

    def test_consent_is_asked_every_time(self, flow: Flow) -> None:
        """Stock behaviour would skip it for `approval_prompt=auto` once there is a token."""
        flow.tokens()
        page = flow.browser.get(flow.authorize_url(approval_prompt="auto"))
        assert page.status_code == 200
        assert b'name="allow"' in page.content

    def test_a_nonce_of_any_length_is_no_matter(self, flow: Flow) -> None:
        assert "code" in answer_of(flow.consent(nonce="n" * 5000))


class TestDenied:
    def test_an_empty_form_is_a_denial(self, flow: Flow) -> None:
        response = flow.browser.post(flow.authorize_url(state=None), {})
        assert answer_of(response)["error"] == "access_denied"

    def test_allowing_no_scope_is_a_denial(self, flow: Flow) -> None:
        """The library would grant all that was asked for."""
        assert answer_of(flow.consent(untick={"mcp"}))["error"] == "access_denied"
        assert not Connection.objects.exists()

    def test_consent_does_not_lift_a_pause(self, flow: Flow) -> None:
        flow.tokens()
        form = flow.page()
        pause_connections(Connection.objects.all())
        response = flow.browser.post(flow.authorize_url(), form.answer())
        assert response.status_code == 409
        assert b"This connection is paused" in response.content
        assert b'name="allow"' not in response.content
        assert Connection.objects.get().state == Connection.State.PAUSED


class TestRefusedByPage:
    """Client or redirect URI are not known good: nobody is redirected (RFC 6749 §4.1.2.1)."""

    def test_an_unknown_client(self, flow: Flow) -> None:
        flow.client_id = "gone"
        response = flow.browser.get(flow.authorize_url())
        assert response.status_code == 400
        assert "Location" not in response
        assert b"Remove the connector in the application, and add it again" in response.content

    def test_a_disabled_client(self, flow: Flow) -> None:
        Client.objects.update(disabled=True)
        assert flow.browser.get(flow.authorize_url()).status_code == 400

    def test_no_client_id(self, flow: Flow) -> None:
        assert flow.browser.get(flow.authorize_url(client_id=None)).status_code == 400

    def test_a_nul_character(self, flow: Flow) -> None:
        assert flow.browser.get(flow.authorize_url(client_id="a\0b")).status_code == 400

    @pytest.mark.parametrize("junk", ["?x=%zz", "?%", "?=", "?client_id=%ff%fe", "?a=1&a=2"])
    def test_junk_in_the_query(self, browser: Browser, junk: str) -> None:
        assert browser.get(f"/authorize{junk}").status_code == 400

    def test_the_post_of_a_client_that_was_deleted_meanwhile(self, flow: Flow) -> None:
        form = flow.page()
        Client.objects.all().delete()
        assert flow.browser.post(flow.authorize_url(), form.answer()).status_code == 400

    def test_another_method(self, browser: Browser) -> None:
        assert browser.put("/authorize").status_code == 405


class TestSignIn:
    def test_comes_first_and_leads_back_with_every_parameter(self, flow: Flow) -> None:
        url = flow.authorize_url(resource=[RESOURCE, f"{RESOURCE}/"])
        response = Browser().get(url)
        assert response["Location"].startswith("/accounts/login/?")
        assert parse_qs(urlsplit(response["Location"]).query)["next"] == [url]

    def test_is_spared_for_a_client_that_is_unknown(self, flow: Flow) -> None:
        flow.client_id = "gone"
        assert Browser().get(flow.authorize_url()).status_code == 400

    def test_an_expired_session_at_the_decision_keeps_the_request(self, flow: Flow) -> None:
        response = Browser().post(flow.authorize_url(), {"allow": "1"})
        assert response["Location"].startswith("/accounts/login/?next=/authorize%3F")

    def test_a_deactivated_user_is_not_signed_in(self, flow: Flow, alice: User) -> None:
        alice.is_active = False
        alice.save()
        assert flow.browser.get(flow.authorize_url())["Location"].startswith("/accounts/login/")


def test_a_trailing_slash_is_the_same_endpoint(flow: Flow) -> None:
    assert flow.browser.get(flow.authorize_url().replace("/authorize?", "/authorize/?")).status_code == 200
