"""Refresh tokens (RFC 6749 §6, RFC 9700 §4.14.2): rotation, reuse, the grace window, scopes and expiry."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone
from oauth2_provider.models import AccessToken, RefreshToken

from accounts.models import User
from oauth_bridge import issuance
from oauth_bridge.bearer import verify
from oauth_bridge.models import Client, Connection, ConnectionRefreshToken
from oauth_bridge.revocation import pause_connections, resume_connections, revoke_connections
from tests.oauth_bridge.flows import Flow, error
from tests.oauth_bridge.protected import RESOURCE


class TestGrace:
    """A retry after a lost answer, or two windows that refresh at once, must not sign the user out."""

    def test_a_retry_gets_a_sibling(self, flow: Flow) -> None:
        tokens = flow.tokens()
        first, second = (flow.refresh(tokens["refresh_token"]).json() for _ in range(2))
        assert first["access_token"] != second["access_token"]
        assert verify(first["access_token"], RESOURCE)
        assert verify(second["access_token"], RESOURCE)

    def test_both_go_on_from_there(self, flow: Flow) -> None:
        tokens = flow.tokens()
        for answer in [flow.refresh(tokens["refresh_token"]).json() for _ in range(2)]:
            assert flow.refresh(answer["refresh_token"]).status_code == 200

    def test_a_retry_that_overtook_gets_a_sibling(self, flow: Flow, monkeypatch: pytest.MonkeyPatch) -> None:
        """Both were found unspent; the second sees under the lock that the first was there."""
        tokens = flow.tokens()
        find = issuance.find_refresh_token

        def find_then_lose(token: str, client: Client) -> Any:
            found = find(token, client)
            monkeypatch.setattr(issuance, "find_refresh_token", find)
            assert flow.refresh(tokens["refresh_token"]).status_code == 200
            return found

        monkeypatch.setattr(issuance, "find_refresh_token", find_then_lose)
        answer = flow.refresh(tokens["refresh_token"])
        assert verify(answer.json()["access_token"], RESOURCE)
        assert AccessToken.objects.count() == 2

    @pytest.mark.parametrize("meanwhile", ["revoked", "paused"])
    def test_is_not_for_what_ended_meanwhile(self, flow: Flow, monkeypatch: pytest.MonkeyPatch, meanwhile: str) -> None:
        tokens = flow.tokens()
        find = issuance.find_refresh_token

        def find_then_end(token: str, client: Client) -> Any:
            found = find(token, client)
            if meanwhile == "paused":
                pause_connections(Connection.objects.all())
            else:
                RefreshToken.objects.update(revoked=timezone.now())
            return found

        monkeypatch.setattr(issuance, "find_refresh_token", find_then_end)
        assert error(flow.refresh(tokens["refresh_token"])) == "invalid_grant"
        assert AccessToken.objects.count() == 1

    def test_can_be_switched_off(self, flow: Flow, settings: Any) -> None:
        settings.OAUTH_BRIDGE_REFRESH_GRACE = 0
        tokens = flow.tokens()
        flow.refresh(tokens["refresh_token"])
        assert error(flow.refresh(tokens["refresh_token"])) == "invalid_grant"

    def test_ends_with_a_revocation(self, flow: Flow) -> None:
        """RFC 7009 §2.1: the token cannot be used again after the revocation."""
        tokens = flow.tokens()
        renewed = flow.refresh(tokens["refresh_token"]).json()
        flow.revoke(renewed["refresh_token"])
        assert error(flow.refresh(tokens["refresh_token"])) == "invalid_grant"


class TestScopes:
    def test_are_those_of_the_grant(self, flow: Flow) -> None:
        token = flow.tokens(scope="mcp notes:read")["refresh_token"]
        assert flow.refresh(token).json()["scope"] == "mcp notes:read"

    def test_can_be_fewer_without_being_fewer_for_good(self, flow: Flow) -> None:
        """RFC 6749 §6: the new refresh token has the scope of the old one."""
        token = flow.tokens(scope="mcp notes:read")["refresh_token"]
        narrow = flow.refresh(token, scope="mcp").json()
        assert narrow["scope"] == "mcp"
        assert flow.refresh(narrow["refresh_token"]).json()["scope"] == "mcp notes:read"

    @pytest.mark.parametrize("asked", ["mcp notes:write", "mcp offline_access", "mcp mcp"])
    def test_are_never_more(self, flow: Flow, asked: str) -> None:
        token = flow.tokens(scope="mcp notes:read")["refresh_token"]
        assert flow.refresh(token, scope=asked).json()["scope"] == "mcp"

    def test_of_none_that_was_granted_are_all_that_were(self, flow: Flow) -> None:
        token = flow.tokens(scope="mcp notes:read")["refresh_token"]
        assert flow.refresh(token, scope="notes:write").json()["scope"] == "mcp notes:read"

    def test_follow_a_connection_that_was_narrowed(self, flow: Flow) -> None:
        tokens = flow.tokens(scope="mcp notes:read")
        Connection.objects.update(scopes="notes:read")
        assert verify(tokens["access_token"], RESOURCE).scopes == {"notes:read"}
        assert flow.refresh(tokens["refresh_token"]).json()["scope"] == "notes:read"


class TestRefused:
    def test_idle_for_thirty_days(self, flow: Flow) -> None:
        token = flow.tokens()["refresh_token"]
        RefreshToken.objects.update(created=timezone.now() - timedelta(days=30))
        assert error(flow.refresh(token)) == "invalid_grant"

    def test_never_when_it_does_not_expire(self, flow: Flow, settings: Any) -> None:
        settings.OAUTH2_PROVIDER = {**settings.OAUTH2_PROVIDER, "REFRESH_TOKEN_EXPIRE_SECONDS": None}
        token = flow.tokens()["refresh_token"]
        RefreshToken.objects.update(created=timezone.now() - timedelta(days=3000))
        assert flow.refresh(token).status_code == 200

    def test_half_a_year_after_consent_however_much_it_was_used(self, flow: Flow) -> None:
        """RFC 9700 §4.14.2 leaves the end of a grant to the server."""
        token = flow.refresh(flow.tokens()["refresh_token"]).json()["refresh_token"]
        Connection.objects.update(consented_at=timezone.now() - timedelta(days=180))
        assert error(flow.refresh(token)) == "invalid_grant"

    def test_within_the_grace_window_too_once_consent_is_too_old(self, flow: Flow) -> None:
        token = flow.tokens()["refresh_token"]
        flow.refresh(token)
        Connection.objects.update(consented_at=timezone.now() - timedelta(days=180))
        assert error(flow.refresh(token)) == "invalid_grant"

    def test_not_before(self, flow: Flow) -> None:
        token = flow.tokens()["refresh_token"]
        Connection.objects.update(consented_at=timezone.now() - timedelta(days=179))
        assert flow.refresh(token).status_code == 200

    def test_not_once_the_user_consented_again(self, flow: Flow) -> None:
        flow.tokens()
        Connection.objects.update(consented_at=timezone.now() - timedelta(days=180))
        assert flow.refresh(flow.tokens()["refresh_token"]).status_code == 200

    def test_never_for_age_where_that_is_switched_off(self, flow: Flow, settings: Any) -> None:
        settings.OAUTH_BRIDGE_REFRESH_ABSOLUTE = 0
        token = flow.tokens()["refresh_token"]
        Connection.objects.update(consented_at=timezone.now() - timedelta(days=3000))
        assert flow.refresh(token).status_code == 200

    @pytest.mark.parametrize("spent", [False, True])
    def test_of_a_deactivated_user(self, flow: Flow, spent: bool) -> None:
        token = flow.tokens()["refresh_token"]
        if spent:
            flow.refresh(token)
        User.objects.update(is_active=False)
        assert error(flow.refresh(token)) == "invalid_grant"

    def test_of_a_disabled_client(self, flow: Flow) -> None:
        token = flow.tokens()["refresh_token"]
        Client.objects.update(disabled=True)
        assert flow.refresh(token).json()["error"] == "invalid_client"

    def test_of_a_revoked_connection(self, flow: Flow) -> None:
        token = flow.tokens()["refresh_token"]
        revoke_connections(Connection.objects.all())
        assert error(flow.refresh(token)) == "invalid_grant"

    def test_of_a_connection_that_expired(self, flow: Flow) -> None:
        token = flow.tokens()["refresh_token"]
        Connection.objects.update(expires_at=timezone.now())
        assert error(flow.refresh(token)) == "invalid_grant"

    def test_while_the_connection_is_paused(self, flow: Flow) -> None:
        token = flow.tokens()["refresh_token"]
        pause_connections(Connection.objects.all())
        assert error(flow.refresh(token)) == "invalid_grant"
        resume_connections(Connection.objects.all())
        assert flow.refresh(token).status_code == 200

    def test_when_its_access_token_was_deleted_by_hand(self, flow: Flow) -> None:
        token = flow.tokens()["refresh_token"]
        AccessToken.objects.all().delete()
        assert error(flow.refresh(token)) == "invalid_grant"

    def test_an_access_token_is_none(self, flow: Flow) -> None:
        assert error(flow.refresh(flow.tokens()["access_token"])) == "invalid_grant"


class TestCleaning:
    """The toolkit's `cleartokens`, which an operator runs daily."""

    def test_spares_what_can_still_be_used(self, flow: Flow) -> None:
        tokens = flow.tokens()
        renewed = flow.refresh(tokens["refresh_token"]).json()
        AccessToken.objects.update(expires=timezone.now() - timedelta(days=1))
        call_command("cleartokens")
        assert flow.refresh(renewed["refresh_token"]).status_code == 200

    def test_takes_what_cannot_with_its_links(self, flow: Flow) -> None:
        tokens = flow.tokens()
        flow.refresh(tokens["refresh_token"])
        long_ago = timezone.now() - timedelta(days=40)
        AccessToken.objects.update(expires=long_ago)
        RefreshToken.objects.filter(revoked__isnull=False).update(revoked=long_ago)
        call_command("cleartokens")
        assert not RefreshToken.objects.exists()
        assert not AccessToken.objects.exists()
        assert not ConnectionRefreshToken.objects.exists()
