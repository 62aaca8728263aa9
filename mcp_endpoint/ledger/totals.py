"""Totals of each hour: what a batch of calls adds to them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
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


@dataclass(slots=True)
class Sum:
    """What some calls come to."""

    calls: int = 0
    errors: int = 0
    duration: float = 0.0
    longest: float = 0.0

    def add(self, other: "Sum") -> None:
        self.calls += other.calls
        self.errors += other.errors
        self.duration += other.duration
        self.longest = max(self.longest, other.longest)


class Tally:
    """The sums of one batch of calls: of those that are equal in all that is summed up first, then of each place."""

    def __init__(self) -> None:
        self._alike: dict[tuple[Any, ...], Sum] = {}

    def counted(self, rows: Iterable["Row"]) -> Iterator["Row"]:
        """The same rows, each counted as it passes."""
        for row in rows:
            alike = (int(row.called_at // HOUR), row.tool, row.client_id, row.client_name, row.user_id, row.user_name)
            found = self._alike.get(alike)
            if found is None:
                found = self._alike[alike] = Sum()
            found.calls += 1
            found.errors += row.outcome not in ANSWERED
            found.duration += row.duration_ms
            if row.duration_ms > found.longest:
                found.longest = row.duration_ms
            yield row

    def write(self, cursor: CursorWrapper) -> None:
        """Add them to the totals, in the transaction that the cursor is in.

        Always in the same order: two processes that wait for each other's rows would wait for ever.
        """
        names: dict[Place, str] = {}
        sums: dict[Place, Sum] = {}
        for (hours, tool, client_id, client_name, user_id, user_name), alike in self._alike.items():
            hour = hours * HOUR
            for place, name in (
                ((Kind.ALL.value, hour, ""), ""),
                ((Kind.TOOL.value, hour, tool), tool),
                ((Kind.CLIENT.value, hour, client_id), client_name),
                ((Kind.USER.value, hour, str(user_id)), user_name),
            ):
                names[place] = name
                sums.setdefault(place, Sum()).add(alike)
        adapt = cursor.db.ops.adapt_datetimefield_value
        cursor.executemany(
            _statement(),
            [
                (
                    kind,
                    adapt(datetime.fromtimestamp(hour, UTC)),
                    key,
                    names[kind, hour, key],
                    each.calls,
                    each.errors,
                    each.duration,
                    each.longest,
                )
                for (kind, hour, key), each in sorted(sums.items(), key=lambda item: item[0])
            ],
        )


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
