"""Which callers would be let in now as they were then."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone
from oauth2_provider.models import AccessToken

from oauth_bridge.bearer import verify
from oauth_bridge.models import Connection
from oauth_bridge.principal import Principal
from oauth_bridge.revocation import narrow_connection, revoke_access_token_alone
from oauth_bridge.standing import still_stands
from tests.oauth_bridge.flows import Flow

CHANGES: dict[str, Callable[[Connection], object]] = {
    "revoked": lambda it: Connection.objects.update(state=Connection.State.REVOKED),
    "paused": lambda it: Connection.objects.update(state=Connection.State.PAUSED),
    "suspended": lambda it: Connection.objects.update(suspended=True),
    "expired": lambda it: Connection.objects.update(expires_at=timezone.now() - timedelta(seconds=1)),
    "deleted": lambda it: it.delete(),
    "of a user who was deactivated": lambda it: type(it.user).objects.update(is_active=False),
    "of a client that was disabled": lambda it: type(it.client).objects.update(disabled=True),
    "whose token alone was revoked": lambda it: revoke_access_token_alone(AccessToken.objects.get()),
    "that lost a scope": lambda it: narrow_connection(it.pk, [], read_only=False),
    "that may only read now": lambda it: narrow_connection(it.pk, it.scope_set, read_only=True),
}


@pytest.fixture
def caller(flow: Flow) -> Principal:
    token = flow.tokens()["access_token"]
    return verify(token, Connection.objects.get().resource)


def test_a_caller_whose_connection_may_act(caller: Principal) -> None:
    assert still_stands([caller]) == [True]


@pytest.mark.parametrize("change", CHANGES)
def test_a_caller_of_a_connection(caller: Principal, change: str) -> None:
    CHANGES[change](Connection.objects.get())
    assert still_stands([caller]) == [False]


def test_a_caller_who_was_let_in_otherwise_than_by_a_token(caller: Principal) -> None:
    AccessToken.objects.all().delete()
    assert still_stands([replace(caller, token_id=None), caller]) == [True, False]


def test_a_caller_whose_token_was_revoked_beside_one_whose_was_not(caller: Principal) -> None:
    other = replace(caller, token_id=0)
    assert still_stands([caller, other, caller]) == [True, False, True]
