"""Which connections may act now."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from oauth_bridge.models import Connection
from oauth_bridge.standing import without_access
from tests.oauth_bridge.flows import Flow

CHANGES: dict[str, Callable[[Connection], object]] = {
    "revoked": lambda it: Connection.objects.update(state=Connection.State.REVOKED),
    "paused": lambda it: Connection.objects.update(state=Connection.State.PAUSED),
    "suspended": lambda it: Connection.objects.update(suspended=True),
    "expired": lambda it: Connection.objects.update(expires_at=timezone.now() - timedelta(seconds=1)),
    "deleted": lambda it: it.delete(),
    "of a user who was deactivated": lambda it: type(it.user).objects.update(is_active=False),
    "of a client that was disabled": lambda it: type(it.client).objects.update(disabled=True),
}


@pytest.fixture
def connection(flow: Flow) -> Connection:
    flow.tokens()
    return Connection.objects.get()


def test_a_connection_that_may_act(connection: Connection) -> None:
    assert without_access([connection.pk]) == set()


@pytest.mark.parametrize("change", CHANGES)
def test_a_connection_that_may_not(connection: Connection, change: str) -> None:
    pk = connection.pk
    CHANGES[change](connection)
    assert without_access([pk]) == {pk}
