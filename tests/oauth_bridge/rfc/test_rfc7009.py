"""Token revocation (RFC 7009): the client ends the whole grant, and its own alone."""

from typing import Any

import pytest

from oauth_bridge.models import Client, Connection
from tests.oauth_bridge.flows import Flow, works


class TestRevocation:
    @pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
    @pytest.mark.parametrize("hint", [None, "access_token", "refresh_token", "nonsense"])
    def test_takes_the_whole_grant_whatever_the_hint(self, flow: Flow, kind: str, hint: str | None) -> None:
        """RFC 7009 §2.1."""
        tokens = flow.tokens()
        response = flow.revoke(tokens[kind], token_type_hint=hint)
        assert (response.status_code, response["Cache-Control"]) == (200, "no-store")
        assert not works(tokens)
        assert flow.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"

    def test_spares_another_grant_of_the_same_client(self, flow: Flow) -> None:
        """RFC 7009 §2.1: one grant; this is the same client on another computer."""
        laptop, desktop = flow.tokens(), flow.tokens()
        flow.revoke(laptop["refresh_token"])
        assert works(desktop)
        assert Connection.objects.get().state == Connection.State.ACTIVE

    def test_of_the_last_grant_ends_the_connection(self, flow: Flow) -> None:
        """RFC 7009 §2.1."""
        flow.revoke(flow.tokens()["access_token"])
        assert Connection.objects.get().state == Connection.State.REVOKED

    def test_reaches_a_token_that_was_rotated(self, flow: Flow) -> None:
        """RFC 7009 §2.1: all tokens of the same grant."""
        tokens = flow.tokens()
        renewed = flow.refresh(tokens["refresh_token"]).json()
        flow.revoke(tokens["refresh_token"])
        assert not works(renewed)

    def test_of_a_token_without_refresh(self, flow: Flow) -> None:
        """RFC 7009 §2.1."""
        Client.objects.update(metadata={"grant_types": ["authorization_code"]})
        tokens = flow.tokens()
        flow.revoke(tokens["access_token"])
        assert not works(tokens)
        assert Connection.objects.get().state == Connection.State.REVOKED

    def test_of_an_unknown_token_succeeds(self, flow: Flow) -> None:
        """RFC 7009 §2.2."""
        assert flow.revoke("unknown").status_code == 200

    def test_of_another_clients_token_does_nothing(self, flow: Flow, confidential: Flow) -> None:
        """RFC 7009 §2.1: issued to the client that asks."""
        tokens = flow.tokens()
        assert confidential.revoke(tokens["access_token"]).status_code == 200
        assert confidential.revoke(tokens["refresh_token"]).status_code == 200
        assert works(tokens)

    def test_wants_the_secret(self, confidential: Flow) -> None:
        """RFC 7009 §2.1, RFC 6749 §2.3."""
        tokens = confidential.tokens()
        response = confidential.revoke(tokens["access_token"], client_secret="wrong")
        assert (response.status_code, response.json()["error"]) == (401, "invalid_client")
        assert works(tokens)

    def test_wants_a_token(self, flow: Flow) -> None:
        """RFC 7009 §2.1."""
        assert flow.revoke("").json()["error"] == "invalid_request"

    def test_tells_the_open_streams(self, flow: Flow, ended: list[frozenset[int]], committed: Any) -> None:
        """RFC 7009 §2: revocation takes effect at once."""
        tokens = flow.tokens()
        with committed():
            flow.revoke(tokens["access_token"])
        assert ended == [{Connection.objects.get().pk}]
