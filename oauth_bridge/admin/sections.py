"""Tables on an operator's page: what hangs on the row that it is about. All of it is text."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, IntegerField, Model, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import localize

from accounts.models import User
from oauth_bridge.models import Connection
from oauth_bridge.overview import Overview
from oauth_bridge.recent_calls import RecentCall

MOST = 50
"""Rows of a section; the list has the others."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell, and where it leads."""

    text: Any
    url: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """One table."""

    title: str
    permission: str
    """What somebody needs to be shown it."""
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    empty: str = "None."
    more: str = ""
    """URL of the list that has all of them."""
    ledger: str = ""
    """The same, as a query of the ledger, which is no list of this room."""


def page_of(model: type[Model], key: Any) -> str:
    """URL of a row's page in the admin."""
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[key])


def list_of(model: type[Model], **filters: Any) -> str:
    """URL of a list in the admin, filtered."""
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist", query=filters)


def cells(*values: Any) -> list[Cell]:
    """A row of a table; moments are written in the site's time."""
    return [value if isinstance(value, Cell) else Cell(written(value)) for value in values]


def written(value: Any) -> str:
    """A value as people read it."""
    if value is None or value == "":
        return "-"
    if hasattr(value, "tzinfo"):
        value = timezone.localtime(value)
    return str(localize(value))


def connection_section(connections: QuerySet[Connection], **filters: Any) -> Section:
    """Connections, the one used last first."""
    now = timezone.now()
    found = connections.select_related("user", "client__personal_token").order_by("-last_used_at", "-pk")[:MOST]
    rows = [
        cells(
            Cell(each.display_name, page_of(Connection, each.pk)),
            Cell(each.user.get_username(), page_of(User, each.user_id)),
            Overview(each, now).status,
            each.scopes,
            each.last_used_at,
            each.use_count,
        )
        for each in found
    ]
    columns = ("connection", "user", "state", "scopes", "last used", "uses")
    more = list_of(Connection, **filters)
    return Section("Connections", "oauth_bridge.view_connection", columns, rows, "Nobody let it do anything.", more)


def call_section(calls: Iterable[RecentCall], ledger: str) -> Section:
    """The last calls."""
    rows = [cells(call.called_at, call.tool, call.outcome, f"{call.duration_ms:.0f} ms") for call in calls]
    columns = ("when", "tool", "outcome", "took")
    return Section("Recent calls", "mcp_endpoint.view_toolcall", columns, rows, "The ledger has none.", ledger=ledger)


def count_of(rows: QuerySet[Any], field: str) -> Coalesce:
    """How many of these rows name the row of a list by this field: counted for the rows of a page alone."""
    counted = rows.filter(**{field: OuterRef("pk")}).order_by().values(field).values_list(Count("pk"))
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)
