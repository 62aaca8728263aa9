"""Totals of each hour say what the ledger says, whatever the batches were."""

import importlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from pytest_django import Settings

from mcp_endpoint.ledger import clear_old_calls
from mcp_endpoint.ledger.rows import insert
from mcp_endpoint.models import CallTotal, ToolCall
from tests.mcp_endpoint.ledger.samples import row

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 7, 28, 12, tzinfo=UTC)


def at(**later: int) -> float:
    """Unix time of a moment after noon."""
    return (NOON + timedelta(**later)).timestamp()


def totals() -> set[tuple[Any, ...]]:
    """All of them, but their names."""
    return set(CallTotal.objects.values_list("kind", "hour", "key", "calls", "errors", "duration_ms", "longest_ms"))


def test_count_calls_errors_and_time_of_every_tool_client_and_user() -> None:
    insert([row(called_at=at(), duration_ms=2), row(called_at=at(minutes=59), duration_ms=5, outcome="crashed")])
    assert totals() == {
        (kind, NOON, key, 2, 1, 7, 5)
        for kind, key in [("all", ""), ("tool", "greet"), ("client", "client"), ("user", "1")]
    }


def test_of_several_batches_are_those_of_one() -> None:
    calls = [row(called_at=at(minutes=number), duration_ms=number, tool=f"t{number % 2}") for number in range(6)]
    insert(calls)
    at_once = totals()
    CallTotal.objects.all().delete()
    for call in reversed(calls):
        insert([call])
    assert totals() == at_once


def test_begin_anew_with_the_hour() -> None:
    insert([row(called_at=at(minutes=59)), row(called_at=at(hours=1))])
    hours = CallTotal.objects.filter(kind="all").order_by("hour").values_list("hour", "calls")
    assert list(hours) == [(NOON, 1), (NOON + timedelta(hours=1), 1)]


def test_know_a_client_by_its_last_name() -> None:
    insert([row(client_name="Before", called_at=at())])
    insert([row(client_name="After", called_at=at())])
    assert set(CallTotal.objects.filter(kind="client").values_list("name", flat=True)) == {"After"}


@pytest.mark.parametrize(("outcome", "errors"), [("ok", 0), ("asked", 0), ("tool_error", 1), ("refused", 1)])
def test_take_for_an_error_what_was_not_answered(outcome: str, errors: int) -> None:
    insert([row(outcome=outcome)])
    assert CallTotal.objects.get(kind="all").errors == errors


def test_are_written_with_the_calls_or_not_at_all() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        insert([row(), row(client_name=None)])
    assert not CallTotal.objects.exists()
    assert not ToolCall.objects.exists()


def test_go_with_the_last_call_of_their_hour(settings: Settings) -> None:
    settings.MCP_LEDGER_DAYS = 30
    age = timedelta(days=30)
    kept, gone = timezone.now() - age + timedelta(minutes=1), timezone.now() - age - timedelta(hours=2)
    insert([row(called_at=kept.timestamp(), tool="kept"), row(called_at=gone.timestamp(), tool="gone")])
    clear_old_calls()
    assert list(CallTotal.objects.filter(kind="tool").values_list("key", flat=True)) == ["kept"]


def test_of_calls_that_were_there_before_are_added_up_by_the_migration() -> None:
    insert([row(called_at=at(minutes=each), duration_ms=each, user_id=each % 2) for each in range(4)])
    insert([row(called_at=at(hours=2), outcome="crashed", client_id="other", tool="")])
    written = totals()
    CallTotal.objects.all().delete()
    add_up: Callable[..., None] = importlib.import_module("mcp_endpoint.migrations.0003_call_totals").add_up
    add_up(apps, SimpleNamespace(connection=connection))
    assert totals() == written
