"""Calls by a search term: only by what an index knows, so that it is as fast with a million rows as with ten.

A term stands for the users and clients of that name, for tools, for a connection's number and for a request's id. Each
of these is a branch of its own that an index leads through from the newest call on; one condition that joined them
with OR would make the database gather and sort every row of all of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Q, QuerySet

from accounts.models import User
from mcp_endpoint.endpoints import endpoints
from mcp_endpoint.models import ToolCall
from oauth_bridge.models import Client

MOST_NAMES = 25
"""Users, clients or tools that one term stands for."""
LONGEST_NUMBER = 18
"""Digits of a number that every database holds."""

Calls = QuerySet[ToolCall]


def tool_names() -> list[str]:
    """The tools that there are now, of all Endpoints."""
    return sorted({name for endpoint in endpoints() for name in endpoint.registry.tools})


def newest_first(calls: Calls) -> Calls:
    """In the order of the ledger's pages and files."""
    return calls.order_by("-called_at", "-pk")


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a term stands for."""

    values: tuple[tuple[str, Any], ...]
    """Columns and what stands in them, each column the first one of an index."""
    cut: tuple[str, ...] = ()
    """Of what there is more of that name than is looked for, in words."""


def meaning(term: str) -> Meaning | None:
    """What a search term stands for; None when there is none, and everything is meant."""
    wanted = term.strip()
    if not wanted:
        return None
    if "\0" in wanted:
        return Meaning(())
    users = list(_users(wanted)[: MOST_NAMES + 1])
    clients = list(_clients(wanted)[: MOST_NAMES + 1])
    tools = [name for name in tool_names() if wanted.lower() in name.lower()]
    values: list[tuple[str, Any]] = [("user_id", key) for key in users[:MOST_NAMES]]
    values += [("client_id", client_id) for client_id in dict.fromkeys([wanted, *clients[:MOST_NAMES]])]
    values += [("tool", name) for name in dict.fromkeys([wanted, *tools[:MOST_NAMES]])]
    values.append(("request_id", wanted))
    if wanted.isascii() and wanted.isdigit() and len(wanted) <= LONGEST_NUMBER:
        values.append(("connection_id", int(wanted)))
    named = {"users": users, "clients": clients, "tools": tools}
    return Meaning(tuple(values), tuple(words for words, found in named.items() if len(found) > MOST_NAMES))


def branches(calls: Calls, meant: Meaning | None) -> list[Calls]:
    """Of these calls, those that a term stands for, value by value; all of them where there is no term."""
    return [calls] if meant is None else [calls.filter(**{field: value}) for field, value in meant.values]


def newest(found: Sequence[Calls], most: int) -> list[int]:
    """Keys of the newest calls in any of these branches, in one statement."""
    parts: list[str] = []
    parameters: list[Any] = []
    for number, branch in enumerate(found):
        try:
            sql, given = newest_first(branch).values_list("pk", "called_at")[:most].query.sql_with_params()
        except EmptyResultSet:
            continue
        parts.append(f"SELECT * FROM ({sql}) AS branch{number}")  # noqa: S608  (written by the ORM)
        parameters += given
    if not parts:
        return []
    with connection.cursor() as cursor:
        cursor.execute(f"{' UNION '.join(parts)} ORDER BY 2 DESC, 1 DESC LIMIT {most:d}", parameters)
        return [key for key, _ in cursor.fetchall()]


def _users(wanted: str) -> Any:
    named = User.objects.filter(Q(username__icontains=wanted) | Q(email__icontains=wanted))
    return named.order_by("username").values_list("pk", flat=True)


def _clients(wanted: str) -> Any:
    return Client.objects.filter(name__icontains=wanted).order_by("name", "pk").values_list("client_id", flat=True)
