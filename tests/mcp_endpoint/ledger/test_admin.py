"""The ledger in Django admin: narrowed down by what is indexed, and never written to."""

import time
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from mcp_endpoint.ledger import admin as ledger_admin
from mcp_endpoint.ledger.rows import insert
from mcp_endpoint.models import ToolCall
from oauth_bridge.models import Client
from tests.mcp_endpoint.ledger.samples import row
from tests.oauth_bridge.operator import clerk, listed, superuser, url_of, words

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator() -> Browser:
    return superuser()


def at(*moment: int) -> float:
    """Unix time of a moment in UTC."""
    return datetime(*moment, tzinfo=UTC).timestamp()


def choices(browser: Browser, **query: Any) -> list[str]:
    """The dates to choose from."""
    shown = browser.get(url_of(ToolCall, "changelist"), query).context["cl"]
    return [choice["title"] for choice in shown.periods().choices]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"outcome__exact": "crashed"}, 1),
        ({"tool": "search"}, 1),
        ({"era": "2025"}, 1),
        ({"endpoint": "default"}, 3),
        ({"client_id__exact": "another"}, 1),
        ({"connection_id__exact": 7}, 1),
        ({"called_at__year": 2026, "called_at__month": 3}, 1),
        ({"outcome__exact": "nonsense"}, 0),
        ({"tool": "nonsense"}, 0),
        ({"called_at__year": "nonsense"}, 0),
        ({"called_at__year": "2026", "called_at__month": "44"}, 0),
        ({"called_at__gte": "nonsense"}, 0),
        ({"user_id__exact": "nonsense"}, 0),
        ({"connection_id__exact": "9" * 40}, 0),
        ({"nonsense": "nonsense"}, 0),
        ({"q": "nonsense"}, 0),
        ({"q": "9" * 40}, 0),
    ],
)
def test_is_filtered_and_nonsense_finds_nothing(operator: Browser, query: dict[str, Any], found: int) -> None:
    insert(
        [
            row(called_at=at(2026, 3, 1), outcome="crashed", tool="search", connection_id=7, client_id="another"),
            row(called_at=at(2026, 4, 1), era="2025"),
            row(called_at=at(2026, 5, 1)),
        ]
    )
    assert listed(operator, ToolCall, **query) == found


def test_is_searched_by_user_tool_and_connection(operator: Browser) -> None:
    alice = User.objects.create_user("alice", "alice@example.org")
    insert([row(user_id=alice.pk, tool="t1"), row(user_id=10**6, tool="gone-since", connection_id=77)])
    for term in ("ALI", "alice@example", "gone-since", "77"):
        assert listed(operator, ToolCall, q=term) == 1


def test_offers_the_dates_between_the_first_call_and_the_last(operator: Browser) -> None:
    insert([row(called_at=at(2025, 12, 30)), row(called_at=at(2026, 2, 2, 12))])
    assert choices(operator) == ["2025", "2026"]
    assert choices(operator, called_at__year=2026) == ["January 2026", "February 2026"]
    assert choices(operator, called_at__year=2026, called_at__month=2) == ["February 1", "February 2"]
    assert choices(operator, called_at__year=2026, called_at__month=2, called_at__day=2) == ["February 2"]
    assert listed(operator, ToolCall, called_at__year=2026, called_at__month=2, called_at__day=2) == 1


def test_opens_when_it_is_empty(operator: Browser) -> None:
    assert listed(operator, ToolCall) == 0


def test_shows_one_call(operator: Browser) -> None:
    insert([row(arguments='{"city": "<b>Oslo</b>"}')])
    page = operator.get(url_of(ToolCall, "change", ToolCall.objects.get().pk))
    assert '{"city": "<b>Oslo</b>"}' in words(page)


@pytest.mark.parametrize("page", ["add", "delete"])
def test_is_neither_written_to_nor_deleted_from(operator: Browser, page: str) -> None:
    insert([row()])
    arguments = [ToolCall.objects.get().pk] if page == "delete" else []
    assert operator.post(url_of(ToolCall, page, *arguments), {"post": "yes"}).status_code == 403


def test_counts_no_further_than_it_can_be_leafed_through(operator: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger_admin, "MOST", 150)
    insert([row() for _ in range(200)])
    with CaptureQueriesContext(
        connection,
    ) as asked:
        page = operator.get(url_of(ToolCall, "changelist"), {"_facets": "True"})
    assert "The newest 150 tool calls." in words(page)
    counts = [query["sql"] for query in asked if "COUNT(" in query["sql"]]
    assert counts
    assert all("LIMIT 150" in sql for sql in counts)


def test_asks_the_database_as_often_for_many_rows_as_for_few(operator: Browser) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            operator.get(url_of(ToolCall, "changelist"))
        return len(asked)

    insert([row()])
    queries()
    few = queries()
    insert([row(tool=f"tool{number}", user_id=number) for number in range(90)])
    assert queries() == few


def test_reads_rows_by_an_index_and_never_all_of_them(operator: Browser) -> None:
    insert([row(called_at=time.time() - number) for number in range(20)])
    for query in ({}, {"q": "alice"}, {"tool": "greet"}, {"called_at__year": "2026"}):
        with CaptureQueriesContext(connection) as asked:
            operator.get(url_of(ToolCall, "changelist"), query)
        for statement in (each["sql"] for each in asked if ToolCall._meta.db_table in each["sql"]):
            with connection.cursor() as cursor:
                if connection.vendor == "postgresql":
                    cursor.execute("SET LOCAL enable_seqscan = off")  # which it prefers for so few rows
                cursor.execute(f"EXPLAIN {'QUERY PLAN ' if connection.vendor == 'sqlite' else ''}{statement}")
                plan = " ".join(str(step) for step in cursor.fetchall())
            assert "INDEX" in plan.upper() or ("LIMIT" in statement and "COUNT" in statement), (statement, plan)
            assert "TEMP B-TREE FOR DISTINCT" not in plan


def test_is_seen_by_those_alone_who_may() -> None:
    assert clerk("view_client").get(url_of(ToolCall, "changelist")).status_code == 403


def test_is_a_link_away_from_a_client(operator: Browser) -> None:
    client = Client.objects.create(
        client_id="a b&c", client_type="public", authorization_grant_type="authorization-code"
    )
    insert([row(client_id="a b&c", tool="greet"), row(client_id="other")])
    page = operator.get(url_of(Client, "change", client.pk))
    assert "greet Done" in words(page)
    link = f"{reverse('admin:mcp_endpoint_toolcall_changelist')}?client_id__exact=a+b%26c"
    assert f'href="{link}"' in page.content.decode()
    assert len(operator.get(link).context["cl"].result_list) == 1
