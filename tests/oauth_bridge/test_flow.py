"""The whole way once: register, authorize, consent, token, verify, refresh, revoke."""

import pytest

from oauth_bridge.bearer import BearerError, verify
from tests.oauth_bridge.flows import Flow
from tests.oauth_bridge.protected import RESOURCE


def test_the_whole_way(flow: Flow) -> None:
    page = flow.browser.get(flow.authorize_url())
    assert page.status_code == 200
    tokens = flow.tokens()
    principal = verify(tokens["access_token"], RESOURCE)
    assert principal.user.username == "alice"
    renewed = flow.refresh(tokens["refresh_token"]).json()
    assert verify(renewed["access_token"], RESOURCE).scopes == {"mcp"}
    assert flow.revoke(renewed["access_token"]).status_code == 200
    with pytest.raises(BearerError):
        verify(renewed["access_token"], RESOURCE)
