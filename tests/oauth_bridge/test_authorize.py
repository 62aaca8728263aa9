"""The authorization request (OAuth 2.1 §4.1, RFC 7636, RFC 9207): what is asked of the user, refused, sent back."""

import base64
import hashlib
from urllib.parse import parse_qs, urlsplit

import pytest
from django.http import QueryDict
from django.test import Client as Browser
from oauth2_provider.models import Grant

from accounts.models import User
from oauth_bridge.authorization import approve, read_authorization_request
from oauth_bridge.models import Client, Connection
from oauth_bridge.revocation import pause_connections
from tests.oauth_bridge.flows import CHALLENGE, REDIRECT_URI, Flow, answer_of, register
from tests.oauth_bridge.protected import OTHER_RESOURCE, RESOURCE

ISSUER = "http://localhost:8000"


def refused(flow: Flow, **changes: object) -> dict[str, str]:
    """The error that a request is answered with, by redirect, before anybody is asked."""
    response = flow.browser.get(flow.authorize_url(**changes))
    assert response["Location"].startswith(flow.redirect_uri)
    return answer_of(response)


class TestAllowed:
    def test_the_browser_goes_back_with_code_state_and_issuer(self, flow: Flow) -> None:
        """RFC 6749 §4.1.2, RFC 9207 §2."""
        response = flow.consent()
        assert response["Location"].startswith(f"{REDIRECT_URI}?")
        answer = answer_of(response)
        assert set(answer) == {"code", "state", "iss"}
        assert answer["state"] == "state-1"
        assert answer["iss"] == ISSUER

    def test_a_query_in_the_redirect_uri_is_kept(self, browser: Browser) -> None:
        """RFC 6749 §3.1.2; an `iss` of the client's own would be ambiguous (RFC 9207 §2.4)."""
        uri = "https://client.example/cb?tenant=7&iss=https%3A%2F%2Fevil.example"
        flow = Flow(browser, register(browser, redirect_uris=[uri]).json()["client_id"], redirect_uri=uri)
        query = parse_qs(urlsplit(flow.consent()["Location"]).query)
        assert query["tenant"] == ["7"]
        assert query["iss"] == [ISSUER]

    def test_without_state_none_is_sent_back(self, flow: Flow) -> None:
        assert set(answer_of(flow.consent(state=None))) == {"code", "iss"}

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

    def test_the_redirect_uri_may_be_left_out_when_there_is_one(self, flow: Flow) -> None:
        """RFC 6749 §3.1.2.3."""
        assert "code" in answer_of(flow.consent(redirect_uri=None))


class TestDenied:
    def test_the_browser_goes_back_with_the_error(self, flow: Flow) -> None:
        """RFC 6749 §4.1.2.1."""
        answer = answer_of(flow.consent("deny"))
        assert answer["error"] == "access_denied"
        assert (answer["state"], answer["iss"]) == ("state-1", ISSUER)

    def test_an_empty_form_is_a_denial(self, flow: Flow) -> None:
        response = flow.browser.post(flow.authorize_url(state=None), {})
        assert answer_of(response)["error"] == "access_denied"

    def test_nobody_can_answer_from_another_site(self, flow: Flow, alice: User) -> None:
        """Consent by cross-site request forgery (RFC 6749 §10.12)."""
        browser = Browser(enforce_csrf_checks=True)
        browser.force_login(alice)
        assert browser.post(flow.authorize_url(), {"allow": "1"}).status_code == 403
        assert not Grant.objects.exists()

    def test_a_get_never_answers(self, flow: Flow) -> None:
        assert flow.browser.get(flow.authorize_url(allow="1")).status_code == 200
        assert not Grant.objects.exists()

    def test_allowing_no_scope_is_a_denial(self, flow: Flow, alice: User) -> None:
        """The library would grant all that was asked for."""
        asked = read_authorization_request(QueryDict(urlsplit(flow.authorize_url()).query))
        assert "error=access_denied" in approve(asked, alice, [])

    def test_allowing_some_scopes_grants_those(self, flow: Flow, alice: User) -> None:
        url = flow.authorize_url(scope="mcp notes:read notes:write")
        approve(read_authorization_request(QueryDict(urlsplit(url).query)), alice, ["notes:read", "reports"])
        assert Grant.objects.get().scope == "notes:read"

    def test_consent_does_not_lift_a_pause(self, flow: Flow) -> None:
        flow.tokens()
        pause_connections(Connection.objects.all())
        assert answer_of(flow.consent())["error"] == "access_denied"


class TestRefusedByRedirect:
    @pytest.mark.parametrize("response_type", ["token", "code token", "none", "id_token"])
    def test_another_response_type(self, flow: Flow, response_type: str) -> None:
        """OAuth 2.1 §4.1.1."""
        answer = refused(flow, response_type=response_type)
        assert answer["error"] == "unsupported_response_type"
        assert (answer["state"], answer["iss"]) == ("state-1", ISSUER)

    def test_no_response_type(self, flow: Flow) -> None:
        assert refused(flow, response_type=None)["error"] == "invalid_request"

    def test_no_pkce(self, flow: Flow) -> None:
        """RFC 7636 §4.4.1."""
        answer = refused(flow, code_challenge=None, code_challenge_method=None)
        assert answer["error"] == "invalid_request"

    @pytest.mark.parametrize("method", ["plain", None])
    def test_plain_pkce_before_consent(self, flow: Flow, method: str | None) -> None:
        """RFC 9700 §2.1.1; a missing method means plain (RFC 7636 §4.3)."""
        assert refused(flow, code_challenge_method=method)["error"] == "invalid_request"

    def test_an_unknown_pkce_method(self, flow: Flow) -> None:
        assert refused(flow, code_challenge_method="S512")["error"] == "invalid_request"

    @pytest.mark.parametrize("challenge", ["short", CHALLENGE + "=", "ä" * 43, "x" * 4000])
    def test_a_challenge_that_is_no_digest(self, flow: Flow, challenge: str) -> None:
        """RFC 7636 §4.2."""
        assert refused(flow, code_challenge=challenge)["error"] == "invalid_request"

    def test_another_response_mode(self, flow: Flow) -> None:
        assert refused(flow, response_mode="fragment")["error"] == "invalid_request"

    @pytest.mark.parametrize(
        "resource",
        ["https://other.example/mcp", "not a uri", "https://[bad", f"{RESOURCE}#x", f"{RESOURCE}?x=1"],
    )
    def test_a_foreign_resource(self, flow: Flow, resource: str) -> None:
        """RFC 8707 §2."""
        answer = refused(flow, resource=resource)
        assert answer["error"] == "invalid_target"
        assert (answer["state"], answer["iss"]) == ("state-1", ISSUER)

    def test_two_resources_at_once(self, flow: Flow) -> None:
        assert refused(flow, resource=[RESOURCE, OTHER_RESOURCE])["error"] == "invalid_target"


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

    @pytest.mark.parametrize(
        "uri",
        [
            "https://evil.example/callback",
            f"{REDIRECT_URI}/more",
            f"{REDIRECT_URI}?more=1",
            f"{REDIRECT_URI}#fragment",
            "https://client.example:8443/callback",
            "https://client.example:99999/callback",
            "https://user@client.example/callback",
            "javascript:alert(1)",
            "relative",
            "https://[bad",
        ],
    )
    def test_an_unregistered_redirect_uri(self, flow: Flow, uri: str) -> None:
        """RFC 9700 §2.1."""
        response = flow.browser.get(flow.authorize_url(redirect_uri=uri))
        assert response.status_code == 400
        assert "Location" not in response
        assert b"did not register" in response.content

    def test_no_client_id(self, flow: Flow) -> None:
        assert flow.browser.get(flow.authorize_url(client_id=None)).status_code == 400

    @pytest.mark.parametrize("parameter", ["client_id", "redirect_uri", "state", "scope"])
    def test_a_parameter_twice(self, flow: Flow, parameter: str) -> None:
        """RFC 6749 §3.1."""
        url = f"{flow.authorize_url(scope='mcp')}&{parameter}=again"
        assert flow.browser.get(url).status_code == 400

    def test_a_nul_character(self, flow: Flow) -> None:
        assert flow.browser.get(flow.authorize_url(client_id="a\0b")).status_code == 400

    @pytest.mark.parametrize("junk", ["?x=%zz", "?%", "?=", "?client_id=%ff%fe", "?a=1&a=2"])
    def test_junk_in_the_query(self, browser: Browser, junk: str) -> None:
        assert browser.get(f"/authorize{junk}").status_code == 400

    def test_the_post_of_a_client_that_was_deleted_meanwhile(self, flow: Flow) -> None:
        Client.objects.all().delete()
        assert flow.consent().status_code == 400

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

    def test_comes_before_an_error_is_sent_anywhere(self, flow: Flow) -> None:
        """RFC 9700 §4.11.2: or a link to this server would lead strangers wherever its maker registered."""
        response = Browser().get(flow.authorize_url(response_type="token"))
        assert response["Location"].startswith("/accounts/login/")

    def test_an_expired_session_at_the_decision_keeps_the_request(self, flow: Flow) -> None:
        response = Browser().post(flow.authorize_url(), {"allow": "1"})
        assert response["Location"].startswith("/accounts/login/?next=/authorize%3F")

    def test_a_deactivated_user_is_not_signed_in(self, flow: Flow, alice: User) -> None:
        alice.is_active = False
        alice.save()
        assert flow.browser.get(flow.authorize_url())["Location"].startswith("/accounts/login/")


def test_a_trailing_slash_is_the_same_endpoint(flow: Flow) -> None:
    assert flow.browser.get(flow.authorize_url().replace("/authorize?", "/authorize/?")).status_code == 200


def test_the_challenge_of_these_tests_is_a_digest() -> None:
    assert len(base64.urlsafe_b64decode(CHALLENGE + "=")) == 32
