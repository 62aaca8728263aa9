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
from mcp_endpoint.ledger import search
from mcp_endpoint.ledger.reading import learn_distribution
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
        ({"q": "\0"}, 0),
        ({"o": "nonsense"}, 3),
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


def test_is_searched_by_user_client_tool_connection_and_request(operator: Browser) -> None:
    alice = User.objects.create_user("alice", "alice@example.org")
    client = Client.objects.create(client_id="c1", name="Laptop", authorization_grant_type="authorization-code")
    insert(
        [
            row(user_id=alice.pk, client_id=client.client_id, tool="t1"),
            row(user_id=10**6, tool="gone-since", connection_id=77, request_id="5f0c"),
        ]
    )
    for term in ("ALI", "alice@example", "lapt", "c1", "gone-since", "77", "5f0c"):
        assert listed(operator, ToolCall, q=term) == 1, term


def test_is_searched_among_what_the_filters_leave(operator: Browser) -> None:
    insert([row(tool="t1", outcome="crashed"), row(tool="t1"), row(tool="t2", outcome="crashed")])
    assert listed(operator, ToolCall, q="t1", outcome__exact="crashed") == 1


def test_shows_a_call_once_that_a_term_finds_twice(operator: Browser) -> None:
    insert([row(tool="same", client_id="same", request_id="same")])
    assert listed(operator, ToolCall, q="same") == 1


def test_says_when_a_term_stands_for_more_than_is_looked_for(operator: Browser) -> None:
    for number in range(search.MOST_NAMES + 1):
        User.objects.create_user(f"somebody{number:03}")
    insert([row()])
    assert "More than 25 users have that in their name" in words(
        operator.get(url_of(ToolCall, "changelist"), {"q": "somebody"})
    )
    assert "More than" not in words(operator.get(url_of(ToolCall, "changelist"), {"q": "somebody001"}))


def test_is_never_sorted_by_what_no_index_has(operator: Browser) -> None:
    insert([row(called_at=at(2026, 3, day), tool=f"t{9 - day}") for day in (1, 2, 3)])
    page = operator.get(url_of(ToolCall, "changelist"), {"o": "4"})
    assert [call.tool for call in page.context["cl"].result_list] == ["t6", "t7", "t8"]


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


@pytest.mark.parametrize(
    ("query", "index"),
    [
        ({}, "call_by_time"),
        ({"called_at__year": "2026"}, "call_by_time"),
        ({"outcome__exact": "crashed"}, "call_by_outcome"),
        ({"era": "2025"}, "call_by_era"),
        ({"endpoint": "default"}, "call_by_endpoint"),
        ({"tool": "t7"}, "call_by_tool"),
        ({"tool": "t7", "outcome__exact": "ok"}, "call_by_tool"),
        ({"user_id__exact": 7, "outcome__exact": "ok"}, "call_by_user"),
        ({"q": "t7"}, "call_by_tool"),
        ({"q": "t7", "era": "2025"}, "call_by_request"),
    ],
)
def test_reads_rows_by_the_index_that_tells_most(operator: Browser, query: dict[str, Any], index: str) -> None:
    insert(
        [
            row(called_at=time.time() - number, user_id=number, tool=f"t{number}", request_id=f"r{number}")
            for number in range(20)
        ]
    )
    learn_distribution()
    plans = [plan_of(sql) for sql in statements(operator, query)]
    assert any(index in plan for plan in plans)
    for plan in plans:
        assert "INDEX" in plan.upper() or "PRIMARY KEY" in plan.upper(), plan
        assert "TEMP B-TREE FOR DISTINCT" not in plan


def statements(browser: Browser, query: dict[str, Any]) -> list[str]:
    """What the list asks of the ledger."""
    with CaptureQueriesContext(connection) as asked:
        browser.get(url_of(ToolCall, "changelist"), query)
    return [each["sql"] for each in asked if ToolCall._meta.db_table in each["sql"]]


def plan_of(statement: str) -> str:
    """How SQLite would carry it out."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {statement}")
        return " ".join(str(step) for step in cursor.fetchall())


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
