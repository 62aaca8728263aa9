"""Totals of each hour: what a batch of calls adds to them."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.utils import CursorWrapper

from mcp_endpoint.models import CallTotal, ToolCall

if TYPE_CHECKING:
    from mcp_endpoint.ledger.rows import Row

HOUR = 3600
"""Seconds."""
ANSWERED = frozenset({ToolCall.Outcome.OK, ToolCall.Outcome.ASKED})
"""Outcomes that are no failure."""

Kind = CallTotal.Kind
Place = tuple[str, int, str]
"""Kind, beginning of the hour as Unix time, key."""


def add(cursor: CursorWrapper, rows: Sequence["Row"]) -> None:
    """Add calls to the totals, in the transaction that the cursor is in.

    Always in the same order: two processes that wait for each other's rows would wait for ever.
    """
    totals: dict[Place, tuple[str, int, int, float, float]] = {}
    for row in rows:
        failed = row.outcome not in ANSWERED
        for place, name in _places(row):
            _, calls, errors, duration, longest = totals.get(place, ("", 0, 0, 0.0, 0.0))
            totals[place] = (
                name,
                calls + 1,
                errors + failed,
                duration + row.duration_ms,
                max(longest, row.duration_ms),
            )
    adapt = cursor.db.ops.adapt_datetimefield_value
    cursor.executemany(
        _statement(),
        [
            (kind, adapt(datetime.fromtimestamp(hour, UTC)), key, *total)
            for (kind, hour, key), total in sorted(totals.items())
        ],
    )


def _places(row: "Row") -> Iterator[tuple[Place, str]]:
    """Where a call counts, and what that is called."""
    hour = int(row.called_at // HOUR) * HOUR
    yield (Kind.ALL.value, hour, ""), ""
    yield (Kind.TOOL.value, hour, row.tool), row.tool
    yield (Kind.CLIENT.value, hour, row.client_id), row.client_name
    yield (Kind.USER.value, hour, str(row.user_id)), row.user_name


COLUMNS = ("kind", "hour", "key", "name", "calls", "errors", "duration_ms", "longest_ms")
SUMS = ("calls", "errors", "duration_ms")


@cache
def _statement() -> str:
    quote: Any = connections[DEFAULT_DB_ALIAS].ops.quote_name
    table = quote(CallTotal._meta.db_table)
    columns = ", ".join(map(quote, COLUMNS))
    places = ", ".join(["%s"] * len(COLUMNS))
    sums = ", ".join(f"{quote(name)} = {table}.{quote(name)} + excluded.{quote(name)}" for name in SUMS)
    old, new = f"{table}.{quote('longest_ms')}", f"excluded.{quote('longest_ms')}"
    return (
        f"INSERT INTO {table} ({columns}) VALUES ({places}) "  # noqa: S608
        f"ON CONFLICT ({', '.join(map(quote, COLUMNS[:3]))}) DO UPDATE SET {sums}, "
        f"{quote('name')} = excluded.{quote('name')}, "
        f"{quote('longest_ms')} = CASE WHEN {new} > {old} THEN {new} ELSE {old} END"
    )
