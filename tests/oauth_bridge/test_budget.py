"""Call budgets: what fits is counted, what does not is told how long to wait."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from oauth_bridge import budget
from oauth_bridge.bearer import verify
from oauth_bridge.budget import Budget, UsedUp, budget_of, take_call
from oauth_bridge.models import BudgetUse, Connection
from tests.oauth_bridge.flows import Flow
from tests.oauth_bridge.protected import RESOURCE

NOON = datetime(2026, 3, 1, 12, 0, 20, tzinfo=UTC)


class Clock:
    """Stands still until a test moves it."""

    def __init__(self) -> None:
        self.at = NOON

    def now(self) -> datetime:
        return self.at


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    still = Clock()
    monkeypatch.setattr(budget, "timezone", still)
    return still


@pytest.fixture
def connection(flow: Flow) -> int:
    """A connection without a budget yet."""
    flow.tokens()
    return Connection.objects.get().pk


def take(connection: int, times: int, **limits: int | None) -> list[UsedUp | None]:
    allowed = Budget(**{"per_minute": None, "per_day": None, **limits})
    return [take_call(connection, allowed) for _ in range(times)]


def test_lets_as_many_through_as_are_allowed(connection: int, clock: Clock) -> None:
    assert take(connection, 3, per_minute=2) == [None, None, UsedUp(2, "minute", 41)]


def test_has_room_again_in_the_next_minute(connection: int, clock: Clock) -> None:
    take(connection, 3, per_minute=2)
    clock.at += timedelta(seconds=40)
    assert take(connection, 3, per_minute=2) == [None, None, UsedUp(2, "minute", 61)]


def test_has_room_again_on_the_next_day(connection: int, clock: Clock) -> None:
    assert take(connection, 2, per_day=1) == [None, UsedUp(1, "day", 43181)]
    clock.at += timedelta(hours=12)
    assert take(connection, 1, per_day=1) == [None]


def test_counts_nothing_that_was_refused(connection: int, clock: Clock) -> None:
    take(connection, 10, per_minute=2, per_day=3)
    clock.at += timedelta(minutes=1)
    assert take(connection, 2, per_minute=2, per_day=3) == [None, UsedUp(3, "day", 43121)]


def test_none_means_none(connection: int, clock: Clock) -> None:
    assert take(connection, 1, per_minute=0) == [UsedUp(0, "minute", 41)]
    assert take(connection, 1, per_day=0) == [UsedUp(0, "day", 43181)]


def test_a_clock_that_is_behind_wins_no_calls(connection: int, clock: Clock) -> None:
    take(connection, 2, per_minute=2)
    clock.at -= timedelta(minutes=1)
    (refused,) = take(connection, 1, per_minute=2)
    assert refused == UsedUp(2, "minute", 101)


def test_goes_with_its_connection(connection: int, clock: Clock) -> None:
    take(connection, 1, per_minute=2)
    Connection.objects.all().delete()
    assert not BudgetUse.objects.exists()


def test_costs_one_statement_once_it_is_used(connection: int, clock: Clock, django_assert_num_queries: Any) -> None:
    take(connection, 1, per_minute=5)
    with django_assert_num_queries(1):
        take(connection, 1, per_minute=5)


def test_is_known_from_the_token(flow: Flow) -> None:
    token = flow.tokens()["access_token"]
    assert verify(token, RESOURCE).budget is None
    Connection.objects.update(calls_per_day=7)
    assert verify(token, RESOURCE).budget == budget_of(None, 7)
