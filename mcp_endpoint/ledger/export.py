"""The ledger as a file: written while it is sent, a few rows at a time, however many there are."""

import csv
import json
import re
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from io import StringIO
from typing import Any

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest, StreamingHttpResponse

from mcp_endpoint.ledger.search import Calls, newest, newest_first
from mcp_endpoint.models import ToolCall

AT_ONCE = 1_000
"""Rows in memory at a time."""
COLUMNS = tuple(field.attname for field in ToolCall._meta.concrete_fields)
FORMULA = re.compile("[\\s\\x00-\\x1f'\"\\ufeff]*[=+\\-@\uff1d\uff0b\uff0d\uff20]|[\\t\\r\\n]")
"""What spreadsheets take for the beginning of a formula, full-width signs too, and what some of them drop before it."""

Row = tuple[Any, ...]


def harmless(value: Any) -> Any:
    """A value for a cell: a text that a spreadsheet would run begins with an apostrophe, which makes it a text."""
    return f"'{value}" if isinstance(value, str) and FORMULA.match(value) else value


def as_csv(rows: Sequence[Row], number: int) -> str:
    """Lines of RFC 4180; the first ones come with the names of the columns."""
    text = StringIO()
    lines = csv.writer(text)
    if number == 0:
        lines.writerow(COLUMNS)
    lines.writerows([harmless(_plain(value)) for value in row] for row in rows)
    return text.getvalue()


def as_json(rows: Sequence[Row], number: int) -> str:
    """Part of an array of objects, one a line; the part without rows ends it."""
    objects = [json.dumps(dict(zip(COLUMNS, row, strict=True)), cls=DjangoJSONEncoder) for row in rows]
    start = "[\n" if number == 0 else ",\n" if rows else ""
    return start + ",\n".join(objects) + ("" if rows else "\n]\n")


FORMATS: dict[str, tuple[str, Callable[[Sequence[Row], int], str]]] = {
    "csv": ("text/csv; charset=utf-8", as_csv),
    "json": ("application/json", as_json),
}
"""Media type of each format, and what writes the rows of one part, which is told how many parts came before."""


def exported(request: HttpRequest, found: Sequence[Calls], kind: str) -> StreamingHttpResponse:
    """A download of the calls in these branches, the newest first."""
    media_type, write = FORMATS[kind]
    # Django gathers a stream of the other kind in memory before it sends the first byte.
    stream = _async_parts(found, write) if isinstance(request, ASGIRequest) else _parts(found, write)
    headers = {
        "Content-Disposition": f'attachment; filename="tool-calls.{kind}"',
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
    return StreamingHttpResponse(stream, content_type=media_type, headers=headers)


def _next(found: Sequence[Calls], last: Row | None) -> list[Row]:
    """The rows after the last one. By its time and not by a number of rows, which the database would count out."""
    rest = found if last is None else [_after(calls, last) for calls in found]
    if len(rest) == 1:
        chosen = newest_first(rest[0])[:AT_ONCE]
    else:
        chosen = newest_first(ToolCall.objects.filter(pk__in=newest(rest, AT_ONCE)))
    return list(chosen.values_list(*COLUMNS))


def _after(calls: Calls, last: Row) -> Calls:
    known = dict(zip(COLUMNS, last, strict=True))
    return calls.filter(called_at__lte=known["called_at"]).exclude(called_at=known["called_at"], pk__gte=known["id"])


def _parts(found: Sequence[Calls], write: Callable[[Sequence[Row], int], str]) -> Iterator[str]:
    number, rows = 0, _next(found, None)
    while rows:
        yield write(rows, number)
        number, rows = number + 1, _next(found, rows[-1])
    yield write((), number)


async def _async_parts(found: Sequence[Calls], write: Callable[[Sequence[Row], int], str]) -> AsyncIterator[str]:
    ask = sync_to_async(_next)
    number, rows = 0, await ask(found, None)
    while rows:
        yield write(rows, number)
        number, rows = number + 1, await ask(found, rows[-1])
    yield write((), number)


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value
