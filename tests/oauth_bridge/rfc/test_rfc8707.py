"""Resource indicators (RFC 8707): which are understood, and that a token is good for its own resource alone."""

import pytest

from oauth_bridge.bearer import BearerError, verify
from tests.oauth_bridge.flows import ISSUER, Flow, error, refused
from tests.oauth_bridge.protected import OTHER_RESOURCE, RESOURCE


class TestAuthorizationRequest:
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
        """RFC 8707 §2: the server may refuse more than one."""
        assert refused(flow, resource=[RESOURCE, OTHER_RESOURCE])["error"] == "invalid_target"


class TestTokenRequest:
    def test_named_again_must_be_the_same(self, flow: Flow) -> None:
        """RFC 8707 §2.2."""
        response = flow.exchange(flow.code(), resource=OTHER_RESOURCE)
        assert (response.status_code, response.json()["error"]) == (400, "invalid_target")
        assert response["Content-Type"] == "application/json"
        assert response["Cache-Control"] == "no-store"

    def test_named_in_another_spelling_is_the_same(self, flow: Flow) -> None:
        """RFC 8707 §2, MCP: clients write one resource in several ways."""
        assert flow.exchange(flow.code(), resource=f"{RESOURCE}/").status_code == 200

    def test_repeated_is_the_same(self, flow: Flow) -> None:
        """RFC 8707 §2: the parameter may be repeated."""
        assert flow.exchange(flow.code(), resource=[RESOURCE, f"{RESOURCE}/"]).status_code == 200

    @pytest.mark.parametrize("resource", ["https://[bad", "https://elsewhere.example/mcp"])
    def test_of_somebody_else_is_refused(self, flow: Flow, resource: str) -> None:
        """RFC 8707 §2."""
        assert flow.exchange(flow.code(), resource=resource).json()["error"] == "invalid_target"

    def test_is_bound_to_the_token(self, flow: Flow) -> None:
        """RFC 8707 §2.2: the audience."""
        tokens = flow.tokens(resource=OTHER_RESOURCE)
        assert verify(tokens["access_token"], OTHER_RESOURCE).scopes == {"reports"}
        with pytest.raises(BearerError):
            verify(tokens["access_token"], RESOURCE)


class TestRefreshRequest:
    def test_for_another_resource(self, flow: Flow) -> None:
        """RFC 8707 §2.2."""
        token = flow.tokens()["refresh_token"]
        assert error(flow.refresh(token, resource=OTHER_RESOURCE)) == "invalid_target"
        assert flow.refresh(token, resource=RESOURCE).status_code == 200
