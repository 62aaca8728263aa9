"""Rows in a real database: every column, whatever a client sent; and they outlive what they are about."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from mcp_endpoint.ledger import clear_old_calls, reading, recent_calls
from mcp_endpoint.ledger.rows import insert
from mcp_endpoint.models import ToolCall
from oauth_bridge.models import Client, Connection
from tests.mcp_endpoint.ledger.samples import row

pytestmark = pytest.mark.django_db


def aged(days: float, **known: Any) -> Any:
    """The row of a call that was made so many days ago."""
    return row(called_at=(timezone.now() - timedelta(days=days)).timestamp(), **known)


class TestEveryColumn:
    def test_is_written(self) -> None:
        called_at = datetime(2026, 7, 28, 12, 30, tzinfo=UTC)
        insert([row(called_at=called_at.timestamp())])
        assert ToolCall.objects.values().get() == {
            "id": ToolCall.objects.get().pk,
            "called_at": called_at,
            "user_id": 1,
            "user_name": "alice",
            "client_id": "client",
            "client_name": "Tests",
            "connection_id": 1,
            "endpoint": "default",
            "tool": "greet",
            "outcome": "ok",
            "error": "",
            "duration_ms": 1.5,
            "request_bytes": 100,
            "answer_bytes": 200,
            "era": "2026-07-28",
            "request_id": "1",
            "address": "192.0.2.1",
            "arguments": '["name"]',
        }

    @pytest.mark.parametrize("name", ["tool", "request_id", "error"])
    def test_of_text_takes_whatever_a_client_sends(self, name: str) -> None:
        insert([row(**{name: "a\0b" + "x" * 1000})])
        assert getattr(ToolCall.objects.get(), name).startswith("a\ufffdbxxx")

    def test_of_a_size_takes_a_huge_one(self) -> None:
        insert([row(answer_bytes=2**40)])
        assert ToolCall.objects.get().answer_bytes == 2**31 - 1

    def test_of_the_address_believes_a_proxy_only_where_there_is_one(self, settings: Settings) -> None:
        insert([row(forwarded="198.51.100.1")])
        settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
        insert([row(forwarded="198.51.100.1")])
        assert list(ToolCall.objects.order_by("pk").values_list("address", flat=True)) == ["192.0.2.1", "198.51.100.1"]

    @pytest.mark.parametrize("peer", ["", "testclient", "/run/socket"])
    def test_of_the_address_may_be_empty(self, peer: str) -> None:
        insert([row(peer=peer)])
        assert ToolCall.objects.get().address is None

    def test_is_in_every_rows_outcome_known_to_the_model(self) -> None:
        assert {len(value) <= 14 for value in ToolCall.Outcome.values} == {True}


class TestRowsOutlive:
    @pytest.fixture
    def used(self) -> Connection:
        user = User.objects.create_user("alice")
        client = Client.objects.create(client_id="client", name="Tests")
        made = Connection.objects.create(user=user, client=client, resource="r")
        insert([row(user_id=user.pk, connection_id=made.pk)])
        return made

    @pytest.mark.parametrize("what", ["user", "client", "connection"])
    def test_what_they_are_about(self, used: Connection, what: str) -> None:
        (used if what == "connection" else getattr(used, what)).delete()
        kept = ToolCall.objects.get()
        assert (kept.user_name, kept.client_name, kept.connection_id) == ("alice", "Tests", kept.connection_id)

    def test_it_without_being_touched(self, used: Connection) -> None:
        """However many rows there are, deleting a client does not look at one."""
        with CaptureQueriesContext(connection) as queries:
            used.client.delete()
        assert not [query for query in queries if ToolCall._meta.db_table in query["sql"]]


class TestRecentCalls:
    def test_come_newest_first(self) -> None:
        insert([row(tool=tool, called_at=when) for tool, when in (("b", 2), ("a", 1), ("c", 3))])
        assert [call.tool for call in recent_calls(1, 20)] == ["c", "b", "a"]

    def test_are_those_of_the_connection(self) -> None:
        insert([row(connection_id=2)])
        assert recent_calls(1, 20) == []

    def test_are_as_many_as_were_asked_for(self) -> None:
        insert([row() for _ in range(30)])
        assert len(recent_calls(1, 20)) == 20

    def test_say_in_words_what_came_of_them(self) -> None:
        insert([row(outcome="crashed", duration_ms=12.5)])
        (call,) = recent_calls(1, 20)
        assert (call.outcome, call.succeeded, call.duration_ms) == ("Failed unexpectedly", False, 12.5)

    @pytest.mark.parametrize(
        ("filters", "index"),
        [
            ({"connection_id": 1}, "call_by_connection"),
            ({"tool": "greet"}, "call_by_tool"),
            ({"user_id": 1}, "call_by_user"),
            ({"client_id": "client"}, "call_by_client"),
            ({}, "call_by_time"),
        ],
    )
    def test_are_read_from_an_index_in_its_order(self, filters: dict[str, Any], index: str) -> None:
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:  # which reads so few rows without any index
                cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        plan = ToolCall.objects.filter(**filters).order_by("-called_at")[:20].explain()
        assert index in plan
        assert not {"TEMP B-TREE", "Sort"} & set(re.findall("TEMP B-TREE|Sort", plan))


class TestCleaningUp:
    def test_deletes_what_is_older_than_the_days_that_were_set(self, settings: Settings) -> None:
        settings.MCP_LEDGER_DAYS = 30
        insert([aged(31, tool="old"), aged(29, tool="new")])
        assert clear_old_calls() == {"tool calls": 1}
        assert ToolCall.objects.get().tool == "new"

    def test_goes_on_until_nothing_is_left(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(reading, "DELETED_AT_ONCE", 10)
        insert([aged(1000) for _ in range(35)])
        assert clear_old_calls() == {"tool calls": 35}

    def test_keeps_everything_with_zero_days(self, settings: Settings) -> None:
        settings.MCP_LEDGER_DAYS = 0
        insert([aged(10_000)])
        assert clear_old_calls() == {}
        assert ToolCall.objects.exists()

    def test_is_part_of_the_clean_up_command(self, capsys: pytest.CaptureFixture[str]) -> None:
        insert([aged(1000)])
        call_command("oauth_cleanup")
        assert "tool calls: 1" in capsys.readouterr().out
