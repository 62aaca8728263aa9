"""Checking access tokens (RFC 6750, MCP basic/authorization): who is let in, who is not, and at what cost."""

from datetime import timedelta

import pytest
from django.utils import timezone
from oauth2_provider.models import AccessToken

from accounts.models import User
from oauth_bridge.bearer import BearerError, verify
from oauth_bridge.digests import digest
from oauth_bridge.models import Client, Connection
from tests.oauth_bridge.flows import Flow
from tests.oauth_bridge.protected import OTHER_RESOURCE, RESOURCE


@pytest.fixture
def token(flow: Flow) -> str:
    return str(flow.tokens(scope="mcp notes:read")["access_token"])


def code_of(token: str | None, resource: str = RESOURCE) -> str | None:
    """The error that a token is refused with."""
    with pytest.raises(BearerError) as caught:
        verify(token, resource)
    return caught.value.code


class TestLetIn:
    def test_says_who_calls_through_what_with_what(self, token: str, alice: User) -> None:
        """RFC 6750 §5.2: bound to user, client, scope and resource."""
        principal = verify(token, RESOURCE)
        client, connection = Client.objects.get(), Connection.objects.get()
        assert principal.user == alice
        assert (principal.client_id, principal.client_name) == (client.client_id, "Example")
        assert principal.connection_id == connection.pk
        assert principal.scopes == {"mcp", "notes:read"}
        assert principal.resource == RESOURCE
        assert principal.owner == f"{alice.pk}:{client.client_id}"
        assert 3500 < principal.expires_at - timezone.now().timestamp() <= 3600

    def test_ends_with_its_connection_when_that_is_sooner(self, token: str) -> None:
        """RFC 6750 §5.3: as short as possible."""
        soon = timezone.now() + timedelta(seconds=60)
        Connection.objects.update(expires_at=soon)
        assert verify(token, RESOURCE).expires_at == pytest.approx(soon.timestamp())


class TestNotLetIn:
    @pytest.mark.parametrize("token", [None, ""])
    def test_without_a_token_no_error_is_named(self, db: None, token: str | None) -> None:
        """RFC 6750 §3.1."""
        assert code_of(token) is None

    @pytest.mark.parametrize("token", ["unknown", "x" * 5000, "\0", "ü", "\udcff"])
    def test_an_unknown_token(self, db: None, token: str) -> None:
        """RFC 6750 §3.1."""
        assert code_of(token) == "invalid_token"

    def test_an_expired_token(self, token: str) -> None:
        """RFC 6750 §3.1."""
        AccessToken.objects.update(expires=timezone.now())
        assert code_of(token) == "invalid_token"

    def test_a_token_for_another_resource(self, token: str) -> None:
        """RFC 8707 §2, MCP basic/authorization: the audience is this server."""
        assert code_of(token, OTHER_RESOURCE) == "invalid_token"

    def test_a_token_of_a_deactivated_user(self, token: str) -> None:
        """RFC 6750 §3.1: "revoked, or invalid for other reasons"."""
        User.objects.update(is_active=False)
        assert code_of(token) == "invalid_token"

    def test_a_token_of_a_disabled_client(self, token: str) -> None:
        """RFC 6750 §3.1."""
        Client.objects.update(disabled=True)
        assert code_of(token) == "invalid_token"

    @pytest.mark.parametrize("state", [Connection.State.PAUSED, Connection.State.REVOKED])
    def test_a_token_of_a_connection_that_is_not_active(self, token: str, state: str) -> None:
        """RFC 6750 §3.1."""
        Connection.objects.update(state=state)
        assert code_of(token) == "invalid_token"

    def test_a_token_of_a_connection_that_expired(self, token: str) -> None:
        """RFC 6750 §3.1."""
        Connection.objects.update(expires_at=timezone.now())
        assert code_of(token) == "invalid_token"

    def test_a_token_that_is_another_users(self, token: str) -> None:
        """RFC 6750 §5.1, manufacture and modification."""
        AccessToken.objects.update(user=User.objects.create_user("bob"))
        assert code_of(token) == "invalid_token"

    def test_a_token_that_belongs_to_no_connection(self, alice: User, flow: Flow) -> None:
        """Such as the toolkit's own registration tokens."""
        in_an_hour = timezone.now() + timedelta(hours=1)
        stray = AccessToken(user=alice, application=Client.objects.get(), expires=in_an_hour, resource=[RESOURCE])
        stray.token = "stray"
        stray.save()
        assert AccessToken.objects.get().token_checksum == digest("stray")
        assert code_of("stray") == "invalid_token"

    def test_a_refresh_token(self, flow: Flow) -> None:
        """RFC 6749 §1.5: for the authorization server alone."""
        assert code_of(flow.tokens()["refresh_token"]) == "invalid_token"

    def test_the_toolkits_own_check_accepts_nothing(self, token: str) -> None:
        """RFC 6750 §5.1, redirect: it knows no connection, so it must not be a second way in."""
        from django.test import RequestFactory
        from oauth2_provider.oauth2_backends import get_oauthlib_core

        request = RequestFactory().get("/mcp", headers={"Authorization": f"Bearer {token}"})
        valid, _ = get_oauthlib_core().verify_request(request, [])
        assert valid is False

    @pytest.mark.parametrize("check", ["validate_jwt_bearer_token", "validate_id_token"])
    def test_no_id_token_is_accepted(self, check: str) -> None:
        """RFC 6750 §5.1, redirect: an ID token is for the client."""
        from oauth_bridge.validator import BridgeValidator

        assert getattr(BridgeValidator(), check)("x", [], None) is False
