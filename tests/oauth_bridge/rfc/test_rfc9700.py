"""Security best current practice (RFC 9700): exact redirects, no open redirector, rotation and replay."""

from typing import Any

import pytest
from django.test import Client as Browser
from oauth2_provider.models import RefreshToken

from oauth_bridge import issuance
from oauth_bridge.bearer import BearerError, verify
from oauth_bridge.models import Connection
from tests.oauth_bridge.flows import REDIRECT_URI, Flow, error, pass_grace, register, works
from tests.oauth_bridge.protected import RESOURCE


class TestRedirects:
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

    def test_comes_before_an_error_is_sent_anywhere(self, flow: Flow) -> None:
        """RFC 9700 §4.11.2: or a link to this server would lead strangers wherever its maker registered."""
        response = Browser().get(flow.authorize_url(response_type="token"))
        assert response["Location"].startswith("/accounts/login/")


class TestCodeReplay:
    def test_used_twice_ends_what_it_issued(self, flow: Flow) -> None:
        """RFC 6749 §4.1.2."""
        code = flow.code()
        tokens = flow.exchange(code).json()
        flow.exchange(code)
        with pytest.raises(BearerError):
            verify(tokens["access_token"], RESOURCE)
        assert flow.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"

    def test_used_twice_ends_what_was_refreshed_from_it(self, flow: Flow) -> None:
        """RFC 9700 §4.5, RFC 6749 §4.1.2."""
        code = flow.code()
        renewed = flow.refresh(flow.exchange(code).json()["refresh_token"]).json()
        flow.exchange(code)
        with pytest.raises(BearerError):
            verify(renewed["access_token"], RESOURCE)

    def test_used_twice_ends_the_token_of_a_client_without_refresh(self, browser: Browser) -> None:
        """RFC 9700 §4.5."""
        answer = register(browser, grant_types=["authorization_code"]).json()
        flow = Flow(browser, answer["client_id"])
        code = flow.code()
        tokens = flow.exchange(code).json()
        assert "refresh_token" not in tokens
        flow.exchange(code)
        with pytest.raises(BearerError):
            verify(tokens["access_token"], RESOURCE)
        assert flow.exchange(code).json()["error"] == "invalid_grant"

    def test_used_twice_at_the_same_moment_ends_what_it_issued(
        self, flow: Flow, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """RFC 6749 §4.1.2: both requests found the code unused; one of them redeemed it first."""
        code, redeem, first = flow.code(), issuance.redeem_code, []

        def lose(*args: Any) -> None:
            monkeypatch.setattr(issuance, "redeem_code", redeem)
            first.append(flow.exchange(code).json())
            redeem(*args)

        monkeypatch.setattr(issuance, "redeem_code", lose)
        assert flow.exchange(code).json()["error"] == "invalid_grant"
        assert not works(first[0])
        assert flow.refresh(first[0]["refresh_token"]).json()["error"] == "invalid_grant"

    def test_used_twice_spares_other_grants_of_the_client(self, flow: Flow) -> None:
        """RFC 6749 §4.1.2: what that code issued."""
        other = flow.tokens()
        code = flow.code()
        flow.exchange(code)
        flow.exchange(code)
        assert verify(other["access_token"], RESOURCE)


class TestRotation:
    def test_gives_a_new_pair(self, flow: Flow) -> None:
        """RFC 9700 §4.14.2."""
        tokens = flow.tokens()
        renewed = flow.refresh(tokens["refresh_token"]).json()
        assert renewed["refresh_token"] != tokens["refresh_token"]
        assert verify(renewed["access_token"], RESOURCE)

    def test_the_spent_access_token_ends(self, flow: Flow) -> None:
        """RFC 9700 §4.14.2."""
        tokens = flow.tokens()
        flow.refresh(tokens["refresh_token"])
        with pytest.raises(BearerError):
            verify(tokens["access_token"], RESOURCE)

    def test_goes_on_for_generations_of_one_connection(self, flow: Flow) -> None:
        """RFC 9700 §4.14.2: one family."""
        token = flow.tokens()["refresh_token"]
        for _ in range(4):
            token = flow.refresh(token).json()["refresh_token"]
        assert Connection.objects.count() == 1
        assert RefreshToken.objects.values("token_family").distinct().count() == 1

    def test_of_a_confidential_client_wants_its_secret(self, confidential: Flow) -> None:
        """RFC 9700 §4.14.2: bound to its client."""
        token = confidential.tokens()["refresh_token"]
        assert confidential.refresh(token, client_secret="wrong").status_code == 401
        assert confidential.refresh(token).status_code == 200


class TestReuse:
    def test_after_the_grace_window_ends_the_family(self, flow: Flow, caplog: pytest.LogCaptureFixture) -> None:
        """RFC 9700 §4.14.2."""
        tokens = flow.tokens()
        renewed = flow.refresh(tokens["refresh_token"]).json()
        pass_grace()
        assert error(flow.refresh(tokens["refresh_token"])) == "invalid_grant"
        assert error(flow.refresh(renewed["refresh_token"])) == "invalid_grant"
        with pytest.raises(BearerError):
            verify(renewed["access_token"], RESOURCE)
        assert "came back" in caplog.text
        assert tokens["refresh_token"] not in caplog.text

    def test_ends_the_siblings_too(self, flow: Flow) -> None:
        """RFC 9700 §4.14.2."""
        tokens = flow.tokens()
        renewed = [flow.refresh(tokens["refresh_token"]).json() for _ in range(3)]
        pass_grace()
        flow.refresh(tokens["refresh_token"])
        for answer in renewed:
            with pytest.raises(BearerError):
                verify(answer["access_token"], RESOURCE)

    def test_spares_other_grants(self, flow: Flow) -> None:
        """RFC 9700 §4.14.2: the grant, not the client."""
        other, tokens = flow.tokens(), flow.tokens()
        flow.refresh(tokens["refresh_token"])
        pass_grace()
        flow.refresh(tokens["refresh_token"])
        assert verify(other["access_token"], RESOURCE)

    def test_tells_the_open_streams(self, flow: Flow, ended: list[frozenset[int]], committed: Any) -> None:
        """RFC 9700 §4.14.2: at once."""
        tokens = flow.tokens()
        flow.refresh(tokens["refresh_token"])
        pass_grace()
        with committed():
            flow.refresh(tokens["refresh_token"])
        assert ended == [{Connection.objects.get().pk}]
