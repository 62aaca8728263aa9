"""What is asked of the ledger by other rooms: the last calls of a connection, and to forget the old ones."""

from datetime import datetime, timedelta

from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from mcp_endpoint.conf import conf
from mcp_endpoint.ledger.totals import ANSWERED
from mcp_endpoint.models import CallTotal, ToolCall
from oauth_bridge.recent_calls import RecentCall

DELETED_AT_ONCE = 5_000
"""Rows of one statement: writers wait for it."""


def recent_calls(connection_id: int, limit: int) -> list[RecentCall]:
    """The last calls of a connection, the newest first: what `OAUTH_BRIDGE_RECENT_CALLS` names."""
    return _newest(ToolCall.objects.filter(connection_id=connection_id), limit)


def recent_calls_of_client(client_id: str, limit: int) -> list[RecentCall]:
    """The same of a client, by its client ID: what `OAUTH_BRIDGE_RECENT_CALLS_OF_CLIENT` names."""
    return _newest(ToolCall.objects.filter(client_id=client_id), limit)


def _newest(calls: QuerySet[ToolCall], limit: int) -> list[RecentCall]:
    found = calls.order_by("-called_at", "-pk")[:limit]
    return [
        RecentCall(call.called_at, call.tool, call.get_outcome_display(), call.outcome in ANSWERED, call.duration_ms)
        for call in found
    ]


def clear_old_calls() -> dict[str, int]:
    """Delete calls that are older than `MCP_LEDGER_DAYS`, and the totals of their hours; how many calls, by kind.

    Then SQLite learns how many of those that stay share a tool, an outcome, a user.
    """
    days = conf().ledger_days
    deleted = _delete(timezone.now() - timedelta(days=days)) if days > 0 else {}
    learn_distribution()
    return deleted


def learn_distribution() -> None:
    """Let SQLite count: else it takes the narrower of two indexes, and reads a million calls to find a user's.

    PostgreSQL does so by itself. Writers wait about two seconds for a million calls.
    """
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {connection.ops.quote_name(ToolCall._meta.db_table)}")


def _delete(before: datetime) -> dict[str, int]:
    old = ToolCall.objects.filter(called_at__lt=before).order_by("called_at")
    deleted = 0
    while now := ToolCall.objects.filter(pk__in=old.values("pk")[:DELETED_AT_ONCE]).delete()[0]:
        deleted += now
    # An hour is over when its last call is old.
    CallTotal.objects.filter(hour__lt=before - timedelta(hours=1)).delete()
    return {"tool calls": deleted}
