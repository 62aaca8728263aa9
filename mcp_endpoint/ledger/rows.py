"""Rows of the ledger as calls leave them, and the statement that writes many at once."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any, NamedTuple

from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.backends.base.operations import BaseDatabaseOperations

from mcp_endpoint.ledger import totals
from mcp_endpoint.models import ToolCall
from oauth_bridge.addresses import address_of

LARGEST_SIZE = 2**31 - 1
"""What the columns of sizes hold on every database."""


class Row(NamedTuple):
    """What is known when a call ends, by the names of the columns; the last two become the address."""

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
    """Write rows in one transaction, and add them to the totals of their hours.

    Raises whatever the database does; then none was written.

    With a statement of our own: `bulk_create` takes three times as long, on the interpreter that serves the calls.
    """
    tally = totals.Tally()
    with transaction.atomic(), connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        # Made one by one between the database's own steps: many at once would hold up the calls that are served.
        ready: Any = (_values(row, cursor.db.ops) for row in tally.counted(map(_clean, rows)))
        cursor.executemany(_statement(), ready)
        # Last: other processes wait for these rows until the transaction is over.
        tally.write(cursor)


COLUMNS = (*Row._fields[:-2], "address")


@cache
def _statement() -> str:
    quote = connections[DEFAULT_DB_ALIAS].ops.quote_name
    columns = ", ".join(quote(name) for name in COLUMNS)
    places = ", ".join(["%s"] * len(COLUMNS))
    return f"INSERT INTO {quote(ToolCall._meta.db_table)} ({columns}) VALUES ({places})"  # noqa: S608


def _values(row: Row, database: BaseDatabaseOperations) -> tuple[Any, ...]:
    return (
        database.adapt_datetimefield_value(datetime.fromtimestamp(row.called_at, UTC)),
        *row[1:9],
        _text(row.error, 100),
        row.duration_ms,
        min(row.request_bytes, LARGEST_SIZE),
        min(row.answer_bytes, LARGEST_SIZE),
        row.era,
        _text(row.request_id, 100),
        row.arguments,
        database.adapt_ipaddressfield_value(address_of(row.forwarded, row.peer)),
    )


def _clean(row: Row) -> Row:
    """The row with the name of a tool that a column can hold: a client may ask for any."""
    tool = _text(row.tool, 128)
    return row if tool == row.tool else row._replace(tool=tool)


def _text(value: str, length: int) -> str:
    """What a client sent, as a column can hold it: PostgreSQL takes no NUL."""
    return value[:length].replace("\0", "\ufffd")
