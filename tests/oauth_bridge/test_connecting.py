"""Two answers about one connection at the same moment: the last one counts, and nothing that was stopped starts."""

from datetime import timedelta

import pytest
from django.db import transaction

from accounts.models import User
from oauth_bridge.connecting import Choice, ConnectionChangedError, connect, find_connection
from oauth_bridge.models import Client, Connection
from oauth_bridge.resources import ProtectedResource, find_resource
from oauth_bridge.revocation import pause_connections, revoke_connections
from tests.oauth_bridge.flows import Flow, error
from tests.oauth_bridge.protected import RESOURCE


def resource() -> ProtectedResource:
    found = find_resource(RESOURCE)
    assert found is not None
    return found


@pytest.fixture
def client(flow: Flow) -> Client:
    return Client.objects.get()


def test_of_two_first_consents_the_last_one_counts(alice: User, client: Client) -> None:
    first = connect(alice, client, resource(), Choice.of(["mcp"]), None)
    second = connect(alice, client, resource(), Choice.of(["notes:read"], read_only=True), None)
    assert first.pk == second.pk
    connection = Connection.objects.get()
    assert (connection.scopes, connection.read_only) == ("notes:read", True)
    assert connection.catalogue is not None


def test_a_first_consent_does_not_lift_a_pause_that_came_in_between(flow: Flow, alice: User, client: Client) -> None:
    code = flow.code()
    pause_connections(Connection.objects.all())
    connect(alice, client, resource(), Choice.of(["mcp"]), None)
    assert Connection.objects.get().state == Connection.State.PAUSED
    assert error(flow.exchange(code)) == "invalid_grant"


@pytest.mark.parametrize("end", [pause_connections, revoke_connections, lambda chosen: chosen.delete()])
def test_a_further_consent_does_not_bring_back_what_ended_in_between(
    flow: Flow, alice: User, client: Client, end: object
) -> None:
    flow.tokens()
    before = find_connection(alice, client, RESOURCE)
    end(Connection.objects.all())  # type: ignore[operator]
    with pytest.raises(ConnectionChangedError), transaction.atomic():
        connect(alice, client, resource(), Choice.of(["mcp"]), before)
    assert not Connection.objects.filter(state=Connection.State.ACTIVE).exists()


def test_a_paused_connection_is_not_for_consent(flow: Flow, alice: User, client: Client) -> None:
    flow.tokens()
    pause_connections(Connection.objects.all())
    with pytest.raises(ConnectionChangedError), transaction.atomic():
        connect(alice, client, resource(), Choice.of(["mcp"]), find_connection(alice, client, RESOURCE))


def test_knows_afterwards_what_is_stored(flow: Flow, alice: User, client: Client) -> None:
    flow.tokens()
    before = find_connection(alice, client, RESOURCE)
    choice = Choice.of(["notes:read"], read_only=True, lifetime=timedelta(days=1))
    told = connect(alice, client, resource(), choice, before, "elsewhere.example")
    stored = Connection.objects.get()
    for field in ("scopes", "read_only", "expires_at", "redirect_host", "catalogue_id", "state", "consented_at"):
        assert getattr(told, field) == getattr(stored, field)
