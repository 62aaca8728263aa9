"""Checking access tokens (RFC 6750, MCP basic/authorization): who is let in, who is not, and at what cost."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
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
        principal = verify(token, RESOURCE)
        client, connection = Client.objects.get(), Connection.objects.get()
        assert principal.user == alice
        assert (principal.client_id, principal.client_name) == (client.client_id, "Example")
        assert principal.connection_id == connection.pk
        assert principal.scopes == {"mcp", "notes:read"}
        assert principal.resource == RESOURCE
        assert principal.owner == f"{alice.pk}:{client.client_id}"
        assert 3500 < principal.expires_at - timezone.now().timestamp() <= 3600

    def test_a_client_without_a_name_is_called_by_its_id(self, token: str) -> None:
        Client.objects.update(name="")
        assert verify(token, RESOURCE).client_name == Client.objects.get().client_id

    def test_ends_with_its_connection_when_that_is_sooner(self, token: str) -> None:
        soon = timezone.now() + timedelta(seconds=60)
        Connection.objects.update(expires_at=soon)
        assert verify(token, RESOURCE).expires_at == pytest.approx(soon.timestamp())

    def test_costs_one_query(self, token: str) -> None:
        verify(token, RESOURCE)
        with CaptureQueriesContext(
            database,
        ) as queries:
            verify(token, RESOURCE)
        assert len(queries) == 1

    def test_knows_the_user_without_another_query(self, token: str) -> None:
        user = verify(token, RESOURCE).user
        with CaptureQueriesContext(database) as queries:
            assert (user.username, user.email, user.is_staff, user.get_full_name()) == (
                "alice",
                "alice@example.org",
                False,
                "",
            )
        assert not queries


class TestNotLetIn:
    @pytest.mark.parametrize("token", [None, ""])
    def test_without_a_token_no_error_is_named(self, db: None, token: str | None) -> None:
        """RFC 6750 §3.1."""
        assert code_of(token) is None

    @pytest.mark.parametrize("token", ["unknown", "x" * 5000, "\0", "ü", "\udcff"])
    def test_an_unknown_token(self, db: None, token: str) -> None:
        assert code_of(token) == "invalid_token"

    def test_an_expired_token(self, token: str) -> None:
        AccessToken.objects.update(expires=timezone.now())
        assert code_of(token) == "invalid_token"

    def test_a_token_for_another_resource(self, token: str) -> None:
        """RFC 8707 §2, MCP basic/authorization: the audience is this server."""
        assert code_of(token, OTHER_RESOURCE) == "invalid_token"

    def test_a_token_of_a_deactivated_user(self, token: str) -> None:
        User.objects.update(is_active=False)
        assert code_of(token) == "invalid_token"

    def test_a_token_of_a_disabled_client(self, token: str) -> None:
        Client.objects.update(disabled=True)
        assert code_of(token) == "invalid_token"

    @pytest.mark.parametrize("state", [Connection.State.PAUSED, Connection.State.REVOKED])
    def test_a_token_of_a_connection_that_is_not_active(self, token: str, state: str) -> None:
        Connection.objects.update(state=state)
        assert code_of(token) == "invalid_token"

    def test_a_token_of_a_connection_that_expired(self, token: str) -> None:
        Connection.objects.update(expires_at=timezone.now())
        assert code_of(token) == "invalid_token"

    def test_a_token_that_is_another_users(self, token: str) -> None:
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
        assert code_of(flow.tokens()["refresh_token"]) == "invalid_token"

    def test_the_toolkits_own_check_accepts_nothing(self, token: str) -> None:
        """It knows no connection, so it must not be a second way in."""
        from django.test import RequestFactory
        from oauth2_provider.oauth2_backends import get_oauthlib_core

        request = RequestFactory().get("/mcp", headers={"Authorization": f"Bearer {token}"})
        valid, _ = get_oauthlib_core().verify_request(request, [])
        assert valid is False

    @pytest.mark.parametrize("check", ["validate_jwt_bearer_token", "validate_id_token"])
    def test_no_id_token_is_accepted(self, check: str) -> None:
        from oauth_bridge.validator import BridgeValidator

        assert getattr(BridgeValidator(), check)("x", [], None) is False


class TestUse:
    def test_is_written_down(self, token: str) -> None:
        verify(token, RESOURCE)
        connection = Connection.objects.get()
        assert connection.last_used_at is not None
        assert connection.use_count == 1

    def test_is_written_once_a_minute(self, token: str) -> None:
        for _ in range(5):
            verify(token, RESOURCE)
        assert Connection.objects.get().use_count == 1
        Connection.objects.update(last_used_at=timezone.now() - timedelta(seconds=61))
        verify(token, RESOURCE)
        assert Connection.objects.get().use_count == 6

    def test_that_cannot_be_written_refuses_nobody(
        self, token: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        def locked(*args: Any, **kwargs: Any) -> None:
            raise DatabaseError("locked")

        monkeypatch.setattr("django.db.models.query.QuerySet.update", locked)
        assert verify(token, RESOURCE)
        assert "was not written down" in caplog.text
