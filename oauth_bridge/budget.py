"""Call budgets: how often a connection may call in a minute and in a day, counted over all processes.

In the database, because that is what all processes share whatever else they do: one statement for each call of a
connection that has a budget, none for any other.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Case, F, Q, When
from django.utils import timezone

from oauth_bridge.models.budget import BudgetUse

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Budget:
    """Calls that an operator allows; None is as many as it likes."""

    per_minute: int | None
    per_day: int | None


@dataclass(frozen=True, slots=True)
class UsedUp:
    """A call that is over the budget."""

    limit: int
    period: str
    """`minute` or `day`."""
    wait: int
    """Seconds until it may call again."""


def budget_of(per_minute: int | None, per_day: int | None) -> Budget | None:
    """The budget; None where there is no limit at all."""
    return None if per_minute is None and per_day is None else Budget(per_minute, per_day)


def take_call(connection_id: int, budget: Budget) -> UsedUp | None:
    """Count a call, if the budget has room for it; else what is used up, and nothing is counted."""
    now = timezone.now()
    if _count(connection_id, budget, now):
        return None
    minute, day = _periods(now)
    BudgetUse.objects.bulk_create(
        [BudgetUse(connection_id=connection_id, minute=minute, day=day)], ignore_conflicts=True
    )
    return None if _count(connection_id, budget, now) else _used_up(connection_id, budget, now)


def _periods(now: datetime) -> tuple[datetime, datetime]:
    minute = now.astimezone(UTC).replace(second=0, microsecond=0)
    return minute, minute.replace(hour=0, minute=0)


def _count(connection_id: int, budget: Budget, now: datetime) -> bool:
    """Whether there was room: decided and counted in one statement, so that no two calls take the same place.

    A period that another process's clock began already goes on; none goes back.
    """
    minute, day = _periods(now)
    room = Q(connection_id=connection_id)
    if budget.per_minute is not None:
        room &= _room("minute", minute, budget.per_minute)
    if budget.per_day is not None:
        room &= _room("day", day, budget.per_day)
    return bool(BudgetUse.objects.filter(room).update(**_one_more("minute", minute), **_one_more("day", day)))


def _room(period: str, begins: datetime, limit: int) -> Q:
    if limit == 0:
        return Q(pk__in=())
    return Q(**{f"{period}__lt": begins}) | Q(**{f"{period}_calls__lt": limit})


def _one_more(period: str, begins: datetime) -> dict[str, Case]:
    is_over = Q(**{f"{period}__lt": begins})
    return {
        period: Case(When(is_over, then=begins), default=F(period)),
        f"{period}_calls": Case(When(is_over, then=1), default=F(f"{period}_calls") + 1),
    }


def _used_up(connection_id: int, budget: Budget, now: datetime) -> UsedUp:
    use = BudgetUse.objects.get(connection_id=connection_id)
    if budget.per_day is not None and use.day_calls >= budget.per_day:
        return UsedUp(budget.per_day, "day", _wait(use.day + DAY, now))
    return UsedUp(budget.per_minute or 0, "minute", _wait(use.minute + MINUTE, now))


def _wait(until: datetime, now: datetime) -> int:
    return max(1, int((until - now).total_seconds()) + 1)
