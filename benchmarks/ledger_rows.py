"""A ledger of a million rows to measure on: one day as the ledger's writer leaves it, repeated for the others.

The writer takes minutes for a million rows, so the other days are copied within the database: calls and the totals of
their hours alike.
"""

import random
import time
from collections.abc import Iterator
from typing import Any

DAYS = 30
TOOLS, CLIENTS, USERS = 40, 50, 1_000
BATCH = 1_000
"""As the ledger's writer has it."""
LATER = {
    # As Django writes a moment there, to the microsecond.
    "sqlite": "strftime('%Y-%m-%d %H:%M:%f000', {column}, '+{days} days')",
    "postgresql": "{column} + interval '{days} days'",
}
"""A moment some days later, in SQL."""


def fill(rows: int) -> float:
    """Fill an empty ledger, the oldest first; how many rows the writer wrote in a second."""
    from mcp_endpoint.ledger.rows import insert

    written = list(first_day(rows // DAYS))
    began = time.perf_counter()
    for start in range(0, len(written), BATCH):
        insert(written[start : start + BATCH])
    rate = len(written) / (time.perf_counter() - began)
    repeat()
    return rate


def first_day(rows: int) -> Iterator[Any]:
    """Calls of one day, by a few clients and users more than by others; crashes, old eras and refusals are rare."""
    from tests.mcp_endpoint.ledger.samples import row

    chance = random.Random(7)  # noqa: S311  (the same rows in each run)
    began, step = time.time() - DAYS * 24 * 3600, 24 * 3600 / rows
    usual = row()
    for number in range(rows):
        user, client = int(USERS * chance.random() ** 2), int(CLIENTS * chance.random() ** 2)
        yield usual._replace(
            called_at=began + number * step,
            user_id=user,
            user_name=f"user{user}",
            client_id=f"client{client}",
            client_name=f"Client {client}",
            connection_id=user * CLIENTS + client,
            tool=f"tool{chance.randrange(TOOLS)}",
            outcome=chance.choices(("ok", "crashed", "refused"), (970, 29, 1))[0],
            duration_ms=chance.expovariate(0.01),
            era=chance.choices(("2026-07-28", "2025", "2024-11-05"), (700, 299, 1))[0],
            request_id=f"{chance.getrandbits(64):016x}",
        )


def repeat() -> None:
    """Write the first day again for each of the others."""
    from django.db import connection

    from mcp_endpoint.models import CallTotal, ToolCall

    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        for model, moment in ((ToolCall, "called_at"), (CallTotal, "hour")):
            table, key = quote(model._meta.db_table), quote("id")
            others = [
                quote(field.column) for field in model._meta.concrete_fields if field.column not in ("id", moment)
            ]
            cursor.execute(f"SELECT MAX({key}) FROM {table}")  # noqa: S608  (no name in here is anybody's input)
            (last,) = cursor.fetchone()
            for days in range(1, DAYS):
                later = LATER[connection.vendor].format(column=quote(moment), days=days)
                cursor.execute(
                    f"INSERT INTO {table} ({quote(moment)}, {', '.join(others)}) "  # noqa: S608
                    f"SELECT {later}, {', '.join(others)} FROM {table} WHERE {key} <= {last} ORDER BY {key}"
                    f"{_merged(model, quote)}"
                )


def _merged(model: Any, quote: Any) -> str:
    """The hour that one day ends in is the one that the next begins in: its totals are of both."""
    if model._meta.db_table.endswith("toolcall"):
        return ""
    sums = ", ".join(
        f"{quote(name)} = {quote(model._meta.db_table)}.{quote(name)} + excluded.{quote(name)}"
        for name in ("calls", "errors", "duration_ms")
    )
    return f" ON CONFLICT ({quote('kind')}, {quote('hour')}, {quote('key')}) DO UPDATE SET {sums}"
