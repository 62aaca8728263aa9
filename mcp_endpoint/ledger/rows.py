"""Rows of the ledger as calls leave them, and the statement that writes many at once."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any, NamedTuple

from django.db import DEFAULT_DB_ALIAS, connections, transaction

from mcp_endpoint.models import ToolCall
from oauth_bridge.addresses import address_of

LARGEST_SIZE = 2**31 - 1
"""What the columns of sizes hold on every database."""


class Row(NamedTuple):
    """What is known when a call ends, in the order of the columns but the address; made on the event loop."""

    called_at: float
    """Unix time, in seconds."""
    user_id: int
    user_name: str
    client_id: str
    client_name: str
    connection_id: int
    endpoint: str
    tool: str
    outcome: str
    error: str
    duration_ms: float
    request_bytes: int
    answer_bytes: int
    era: str
    request_id: str
    arguments: str
    forwarded: str
    """The X-Forwarded-For header."""
    peer: str
    """The address that the server saw."""


def insert(rows: Sequence[Row]) -> None:
    """Write rows in one transaction. Raises whatever the database does; then none was written.

    One prepared statement: `bulk_create` takes ten times as long to put its own together as the database to run it,
    and does so on the interpreter that serves the calls.
    """
    sql, columns, limits = _statement()
    values = [_values(row, columns, limits) for row in rows]
    with transaction.atomic(), connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.executemany(sql, values)


@cache
def _statement() -> tuple[str, list[str], list[int | None]]:
    """The statement, its columns, and the most characters of each column of text."""
    database = connections[DEFAULT_DB_ALIAS]
    fields = [field for field in ToolCall._meta.concrete_fields if not field.primary_key]
    columns = ", ".join(database.ops.quote_name(str(field.column)) for field in fields)
    places = ", ".join(["%s"] * len(fields))
    sql = f"INSERT INTO {database.ops.quote_name(ToolCall._meta.db_table)} ({columns}) VALUES ({places})"  # noqa: S608
    return sql, [field.attname for field in fields], [getattr(field, "max_length", None) for field in fields]


def _values(row: Row, columns: list[str], limits: list[int | None]) -> list[Any]:
    operations = connections[DEFAULT_DB_ALIAS].ops
    known: dict[str, Any] = {
        **row._asdict(),
        "called_at": operations.adapt_datetimefield_value(datetime.fromtimestamp(row.called_at, UTC)),
        "address": operations.adapt_ipaddressfield_value(address_of(row.forwarded, row.peer)),
        "request_bytes": min(row.request_bytes, LARGEST_SIZE),
        "answer_bytes": min(row.answer_bytes, LARGEST_SIZE),
    }
    return [
        # PostgreSQL takes no NUL in a text.
        value.replace("\0", "\ufffd")[:limit] if isinstance(value := known[column], str) and limit else value
        for column, limit in zip(columns, limits, strict=True)
    ]
