"""What the admin's front page opens with: the last 24 hours of the ledger, and what is open now.

Read from the totals of each hour, so that a million calls cost no more than the tools, clients and users they are of.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, FloatField, Max, Sum
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.formats import time_format

from mcp_endpoint.conf import conf
from mcp_endpoint.ledger.open_now import OpenNow, open_now
from mcp_endpoint.models import CallTotal
from oauth_bridge.models import Connection

HOURS = 24
LINES = 5
"""Tools, clients or users of one list."""
HEIGHT = 100
"""Of a chart, in its own units."""

Kind = CallTotal.Kind


@dataclass(frozen=True, slots=True)
class Hour:
    """One hour."""

    start: datetime
    calls: int = 0
    errors: int = 0


@dataclass(frozen=True, slots=True)
class Bar:
    """One hour of a chart."""

    start: datetime
    value: int
    left: int
    top: int
    height: int


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars of equal width, as high as their values."""

    name: str
    bars: tuple[Bar, ...]

    @property
    def most(self) -> int:
        return max(bar.value for bar in self.bars)

    @property
    def words(self) -> str:
        """What it shows, for whoever cannot see it."""
        if not self.most:
            return f"No {self.name} in {HOURS} hours."
        highest = next(bar for bar in self.bars if bar.value == self.most)
        total = sum(bar.value for bar in self.bars)
        hour = time_format(timezone.localtime(highest.start), "H:i")
        return f"{total} {self.name} in {HOURS} hours; the most in one hour were {self.most}, from {hour}."


@dataclass(frozen=True, slots=True)
class Line:
    """A tool, client or user, and what its calls come to."""

    key: str
    name: str
    calls: int
    errors: int
    mean_ms: float
    longest_ms: float
    share: int = 0
    """Of the first line of its list, in hundredths."""

    @property
    def error_percent(self) -> float:
        return 100 * self.errors / self.calls


@dataclass(frozen=True, slots=True)
class Connections:
    """How many users allowed, and how many were ended, in these hours."""

    allowed: int
    revoked: int


@dataclass(frozen=True, slots=True)
class Overview:
    """All of it."""

    since: datetime
    is_kept: bool
    """Whether calls are written down at all."""
    hours: tuple[Hour, ...]
    slowest: Sequence[Line]
    failing: Sequence[Line]
    clients: Sequence[Line]
    users: Sequence[Line]
    connections: Connections | None
    open_now: OpenNow

    @property
    def calls(self) -> int:
        return sum(hour.calls for hour in self.hours)

    @property
    def errors(self) -> int:
        return sum(hour.errors for hour in self.hours)

    @property
    def error_percent(self) -> float:
        return 100 * self.errors / self.calls if self.calls else 0.0

    @property
    def charts(self) -> tuple[Chart, Chart]:
        """Calls and errors, each by its own measure: a few errors among many calls would not be seen."""
        return (
            chart("calls", [(hour.start, hour.calls) for hour in self.hours]),
            chart("errors", [(hour.start, hour.errors) for hour in self.hours]),
        )


def overview(*, with_connections: bool) -> Overview:
    """The hours until now, the current one among them."""
    now = timezone.now()
    since = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=HOURS - 1)
    tools, clients, users = (_lines(kind, since) for kind in (Kind.TOOL, Kind.CLIENT, Kind.USER))
    return Overview(
        since,
        conf().ledger_is_kept,
        _hours(since),
        _ranked(tools.order_by("-mean_ms", "key"), "mean_ms"),
        _ranked(tools.filter(failed__gt=0).order_by("-failed", "key"), "errors"),
        _ranked(clients.order_by("-called", "key"), "calls"),
        _ranked(users.order_by("-called", "key"), "calls"),
        _connections(since) if with_connections else None,
        open_now(),
    )


def chart(name: str, values: Sequence[tuple[datetime, int]]) -> Chart:
    """A chart of these values; one that is not zero can be seen."""
    most = max(value for _, value in values) or 1
    heights = [value and max(2, round(HEIGHT * value / most)) for _, value in values]
    return Chart(
        name,
        tuple(
            Bar(start, value, 10 * number, HEIGHT - height, height)
            for number, ((start, value), height) in enumerate(zip(values, heights, strict=True))
        ),
    )


def _hours(since: datetime) -> tuple[Hour, ...]:
    found = CallTotal.objects.filter(kind=Kind.ALL, hour__gte=since).values_list("hour", "calls", "errors")
    known = {start: Hour(start, calls, errors) for start, calls, errors in found}
    starts = (since + timedelta(hours=number) for number in range(HOURS))
    return tuple(known.get(start, Hour(start)) for start in starts)


def _lines(kind: CallTotal.Kind, since: datetime) -> Any:
    return (
        CallTotal.objects.filter(kind=kind, hour__gte=since)
        .values("key")
        .annotate(
            named=Max("name"),
            called=Sum("calls"),
            failed=Sum("errors"),
            mean_ms=Cast(Sum("duration_ms"), FloatField()) / Cast(F("called"), FloatField()),
            longest=Max("longest_ms"),
        )
    )


def _ranked(found: Any, measure: str) -> tuple[Line, ...]:
    rows = found.values_list("key", "named", "called", "failed", "mean_ms", "longest")[:LINES]
    lines = [Line(*row) for row in rows]
    most = max((getattr(line, measure) for line in lines), default=0) or 1
    return tuple(
        Line(
            line.key,
            line.name,
            line.calls,
            line.errors,
            line.mean_ms,
            line.longest_ms,
            round(100 * getattr(line, measure) / most),
        )
        for line in lines
    )


def _connections(since: datetime) -> Connections:
    return Connections(
        Connection.objects.filter(consented_at__gte=since).count(),
        Connection.objects.filter(revoked_at__gte=since).count(),
    )
