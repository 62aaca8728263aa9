"""The issuer in every authorization response (RFC 9207)."""

from urllib.parse import parse_qs, urlsplit

from django.test import Client as Browser

from tests.oauth_bridge.flows import ISSUER, REDIRECT_URI, Flow, answer_of, register


class TestTheIssuer:
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

    def test_the_browser_goes_back_with_the_error(self, flow: Flow) -> None:
        """RFC 6749 §4.1.2.1."""
        answer = answer_of(flow.consent("deny"))
        assert answer["error"] == "access_denied"
        assert (answer["state"], answer["iss"]) == ("state-1", ISSUER)
