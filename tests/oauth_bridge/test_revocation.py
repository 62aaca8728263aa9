"""Ending access: by the client (RFC 7009), by an operator, by deactivating or deleting; at once, streams included."""

from typing import Any

import pytest
from django.utils import timezone
from oauth2_provider.models import AccessToken, Grant, RefreshToken

from accounts.models import User
from oauth_bridge.bearer import verify
from oauth_bridge.models import Client, Connection
from oauth_bridge.revocation import (
    disable_clients,
    pause_connections,
    resume_connections,
    revoke_access_token,
    revoke_connections,
    revoke_family,
)
from oauth_bridge.signals import access_ended
from tests.oauth_bridge.flows import Flow, works
from tests.oauth_bridge.protected import OTHER_RESOURCE, RESOURCE


class TestOfAConnection:
    def test_ends_every_token_and_code(self, flow: Flow) -> None:
        first, second = flow.tokens(), flow.tokens()
        flow.code()
        assert revoke_connections(Connection.objects.all()) == 1
        assert not works(first)
        assert not works(second)
        assert not AccessToken.objects.exists()
        assert not RefreshToken.objects.filter(revoked=None).exists()
        assert not Grant.objects.exists()

    def test_spares_the_clients_other_resources(self, flow: Flow) -> None:
        flow.tokens()
        other = flow.tokens(resource=OTHER_RESOURCE)
        revoke_connections(Connection.objects.filter(resource=RESOURCE))
        assert works(other, OTHER_RESOURCE)

    def test_is_told_once_it_is_committed(
        self, flow: Flow, ended: list[frozenset[int]], django_capture_on_commit_callbacks: Any
    ) -> None:
        flow.tokens()
        with django_capture_on_commit_callbacks() as callbacks:
            revoke_connections(Connection.objects.all())
        assert ended == []
        for callback in callbacks:
            callback()
        assert ended == [{Connection.objects.get().pk}]

    def test_of_none_tells_nobody(self, db: None, ended: list[frozenset[int]], committed: Any) -> None:
        with committed():
            assert revoke_connections(Connection.objects.all()) == 0
        assert ended == []

    def test_new_consent_starts_afresh(self, flow: Flow) -> None:
        flow.tokens(scope="mcp notes:write")
        revoke_connections(Connection.objects.all())
        assert works(flow.tokens(scope="notes:read"))
        connection = Connection.objects.get()
        assert (connection.state, connection.scopes) == (Connection.State.ACTIVE, "notes:read")

    def test_new_consent_after_it_expired_starts_afresh(self, flow: Flow) -> None:
        flow.tokens(scope="notes:write")
        Connection.objects.update(expires_at=timezone.now())
        assert works(flow.tokens(scope="notes:read"))
        connection = Connection.objects.get()
        assert (connection.expires_at, connection.scopes) == (None, "notes:read")

    def test_more_consent_widens_it(self, flow: Flow) -> None:
        """Step-up: what was granted before stays."""
        first = flow.tokens(scope="mcp")
        flow.tokens(scope="notes:read")
        assert Connection.objects.get().scopes == "mcp notes:read"
        assert verify(first["access_token"], RESOURCE).scopes == {"mcp"}

    def test_an_error_in_a_listener_undoes_nothing(self, flow: Flow, committed: Any) -> None:
        def fail(**kwargs: Any) -> None:
            raise RuntimeError("listener")

        flow.tokens()
        access_ended.connect(fail)
        try:
            with committed():
                revoke_connections(Connection.objects.all())
        finally:
            access_ended.disconnect(fail)
        assert Connection.objects.get().state == Connection.State.REVOKED


class TestPause:
    def test_stops_tokens_until_it_is_lifted(self, flow: Flow, ended: list[frozenset[int]], committed: Any) -> None:
        tokens = flow.tokens()
        with committed():
            assert pause_connections(Connection.objects.all()) == 1
        assert not works(tokens)
        assert ended == [{Connection.objects.get().pk}]
        assert resume_connections(Connection.objects.all()) == 1
        assert works(tokens)

    def test_cannot_be_lifted_from_what_was_revoked(self, flow: Flow) -> None:
        flow.tokens()
        revoke_connections(Connection.objects.all())
        assert pause_connections(Connection.objects.all()) == 0
        assert resume_connections(Connection.objects.all()) == 0


class TestOfAClientOrUser:
    def test_disabling_clients_ends_their_tokens(self, flow: Flow, ended: list[frozenset[int]], committed: Any) -> None:
        tokens = flow.tokens()
        with committed():
            assert disable_clients(Client.objects.all()) == 1
        assert not works(tokens)
        assert ended == [{Connection.objects.get().pk}]

    def test_saving_a_disabled_client_tells(self, flow: Flow, ended: list[frozenset[int]], committed: Any) -> None:
        flow.tokens()
        client = Client.objects.get()
        with committed():
            client.save()
        assert ended == []
        client.disabled = True
        with committed():
            client.save()
        assert ended == [{Connection.objects.get().pk}]

    def test_deactivating_a_user_tells(
        self, flow: Flow, alice: User, ended: list[frozenset[int]], committed: Any
    ) -> None:
        tokens = flow.tokens()
        alice.is_active = False
        with committed():
            alice.save()
        assert not works(tokens)
        assert ended == [{Connection.objects.get().pk}]

    @pytest.mark.parametrize("model", [User, Client, Connection])
    def test_deleting_tells(self, flow: Flow, model: Any, ended: list[frozenset[int]], committed: Any) -> None:
        tokens = flow.tokens()
        pk = Connection.objects.get().pk
        with committed():
            model.objects.all().delete()
        assert not works(tokens)
        assert ended == [{pk}]

    def test_deleting_who_made_a_client_leaves_it(self, flow: Flow) -> None:
        """Stock behaviour deletes the client for everybody."""
        maker = User.objects.create_user("maker")
        Client.objects.update(user=maker)
        maker.delete()
        assert Client.objects.get().user is None


def test_a_token_of_no_connection_can_be_revoked_too(alice: User, flow: Flow) -> None:
    stray = AccessToken(user=alice, application=Client.objects.get(), expires=timezone.now())
    stray.token = "stray"
    stray.save()
    revoke_access_token(stray)
    assert not AccessToken.objects.exists()


def test_no_family_is_nothing_to_revoke(db: None, ended: list[frozenset[int]], committed: Any) -> None:
    with committed():
        revoke_family(None)
    assert ended == []


def test_names_in_lists(flow: Flow) -> None:
    flow.tokens()
    connection = Connection.objects.get()
    assert str(connection) == "Example for alice"
    assert str(connection.access_token_links.get()).startswith("Access token #")
    assert str(connection.refresh_token_links.get()).startswith("Refresh token #")
    assert str(connection.redeemed_codes.get()).startswith("Code redeemed at")
