"""PKCE (RFC 7636): demanded of every client, with S256 alone."""

import base64

import pytest

from tests.oauth_bridge.flows import (
    CHALLENGE,
    Flow,
    refused,
)


class TestChallenge:
    def test_no_pkce(self, flow: Flow) -> None:
        """RFC 7636 §4.4.1."""
        answer = refused(flow, code_challenge=None, code_challenge_method=None)
        assert answer["error"] == "invalid_request"

    @pytest.mark.parametrize("method", ["plain", None])
    def test_plain_pkce_before_consent(self, flow: Flow, method: str | None) -> None:
        """RFC 9700 §2.1.1; a missing method means plain (RFC 7636 §4.3)."""
        assert refused(flow, code_challenge_method=method)["error"] == "invalid_request"

    def test_an_unknown_pkce_method(self, flow: Flow) -> None:
        """RFC 7636 §4.4.1."""
        assert refused(flow, code_challenge_method="S512")["error"] == "invalid_request"

    @pytest.mark.parametrize("challenge", ["short", CHALLENGE + "=", "ä" * 43, "x" * 4000])
    def test_a_challenge_that_is_no_digest(self, flow: Flow, challenge: str) -> None:
        """RFC 7636 §4.2."""
        assert refused(flow, code_challenge=challenge)["error"] == "invalid_request"


class TestVerifier:
    @pytest.mark.parametrize("verifier", ["b" * 43, "ä" * 43])
    def test_wants_its_verifier(self, flow: Flow, verifier: str) -> None:
        """RFC 7636 §4.6."""
        assert flow.exchange(flow.code(), code_verifier=verifier).json()["error"] == "invalid_grant"

    def test_wants_a_verifier(self, flow: Flow) -> None:
        """RFC 7636 §4.5."""
        assert flow.exchange(flow.code(), code_verifier=None).status_code == 400


def test_the_challenge_of_these_tests_is_a_digest() -> None:
    """RFC 7636 §4.2."""
    assert len(base64.urlsafe_b64decode(CHALLENGE + "=")) == 32
