"""What checking an access token costs, and what is noted of its use."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from oauth_bridge.bearer import verify
from oauth_bridge.models import Client, Connection
from tests.oauth_bridge.flows import Flow
from tests.oauth_bridge.protected import RESOURCE


@pytest.fixture
def token(flow: Flow) -> str:
    return str(flow.tokens(scope="mcp notes:read")["access_token"])


def test_a_client_without_a_name_is_called_by_its_id(token: str) -> None:
    Client.objects.update(name="")
    assert verify(token, RESOURCE).client_name == Client.objects.get().client_id


def test_costs_one_query(token: str) -> None:
    verify(token, RESOURCE)
    with CaptureQueriesContext(
        database,
    ) as queries:
        verify(token, RESOURCE)
    assert len(queries) == 1


def test_knows_the_user_without_another_query(token: str) -> None:
    user = verify(token, RESOURCE).user
    with CaptureQueriesContext(database) as queries:
        assert (user.username, user.email, user.is_staff, user.get_full_name()) == (
            "alice",
            "alice@example.org",
            False,
            "",
        )
    assert not queries


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
