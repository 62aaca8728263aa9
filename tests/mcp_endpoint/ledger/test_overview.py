"""The admin's front page opens with the last 24 hours of the ledger, for those who may view it."""

import time
from typing import Any

import pytest
from bs4 import BeautifulSoup, Tag
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import Settings

from accounts.models import User
from mcp_endpoint.ledger.overview import HOURS, overview
from mcp_endpoint.ledger.rows import insert
from mcp_endpoint.models import CallTotal
from mcp_endpoint.state.in_flight import InFlight
from mcp_endpoint.state.sessions import InProcessSessions, SessionRecord
from oauth_bridge.models import Client, Connection
from oauth_bridge.revocation import revoke_connections
from tests.mcp_endpoint.ledger.samples import row
from tests.mcp_endpoint.people import principal
from tests.oauth_bridge.operator import clerk, superuser

pytestmark = pytest.mark.django_db
DAY = 24 * 3600


def front_page(browser: Browser) -> BeautifulSoup:
    return BeautifulSoup(browser.get(reverse("admin:index")).content, "html.parser")


def listed(page: BeautifulSoup, heading: str) -> list[list[str]]:
    """The lines below a heading: the cells of each."""
    found: Any = page.find("h3", string=heading)
    return [list(line.stripped_strings) for line in found.parent.select("tbody tr")]


def figure(page: BeautifulSoup, name: str) -> str:
    """The number beside its name."""
    found: Any = page.find("dt", string=name)
    return str(next(found.parent.find("dd").stripped_strings))


def test_counts_calls_and_errors_of_the_last_hours_alone() -> None:
    insert([row(), row(outcome="crashed"), row(called_at=time.time() - 2 * DAY)])
    page = front_page(superuser())
    assert (figure(page, "Calls"), figure(page, "Errors")) == ("2", "1")


def test_draws_each_hour_and_has_a_table_of_the_same() -> None:
    insert([row() for _ in range(3)])
    page = front_page(superuser())
    bars = page.select(".overview figure.calls rect")
    assert [bar["height"] for bar in bars] == ["0"] * (HOURS - 1) + ["100"]
    assert [line.select("td")[0].text for line in page.select(".overview details tbody tr")][-2:] == ["0", "3"]


def test_says_in_words_what_a_chart_shows() -> None:
    insert([row() for _ in range(3)])
    picture: Any = front_page(superuser()).select_one(".overview figure.calls svg")
    names = picture["aria-labelledby"].split()
    words: list[Tag] = [picture.find(id=name) for name in names]
    assert words[0].text == "Calls in each hour"
    assert words[1].text.startswith("3 calls in 24 hours; the most in one hour were 3, from ")


def test_ranks_tools_by_their_mean_time() -> None:
    insert([row(tool="quick", duration_ms=900), row(tool="quick", duration_ms=0), row(tool="slow", duration_ms=700)])
    assert listed(front_page(superuser()), "Slowest tools") == [
        ["slow", "700 ms", "700 ms"],
        ["quick", "450 ms", "900 ms"],
    ]


def test_ranks_tools_by_their_errors_and_leaves_out_those_without() -> None:
    insert([row(tool="bad", outcome="crashed"), row(tool="good"), *(row(tool="worse", outcome="refused"),) * 2])
    insert([row(tool="worse")] * 2)
    assert listed(front_page(superuser()), "Most failing tools") == [["worse", "2", "50.0 %"], ["bad", "1", "100.0 %"]]


def test_ranks_clients_and_users_by_their_calls() -> None:
    insert([row(client_id="a", client_name="<b>Bold</b>", user_id=7, user_name="eve"), row(), row()])
    page = front_page(superuser())
    assert listed(page, "Busiest clients") == [["Tests", "2", "0"], ["<b>Bold</b>", "1", "0"]]
    assert listed(page, "Busiest users") == [["alice", "2", "0"], ["eve", "1", "0"]]


def test_shows_the_first_five_of_a_list() -> None:
    insert([row(tool=f"t{number}", duration_ms=number) for number in range(9)])
    names = [line[0] for line in listed(front_page(superuser()), "Slowest tools")]
    assert names == ["t8", "t7", "t6", "t5", "t4"]


@pytest.mark.parametrize("heading", ["Slowest tools", "Busiest clients", "Busiest users"])
def test_leads_to_those_calls_in_the_ledger(heading: str) -> None:
    odd = {"tool": "a&b=c", "client_id": "https://x/?a=b&c", "user_id": 7}
    insert([row(**odd, duration_ms=99), row(**odd), row(**odd, called_at=time.time() - 2 * DAY), row(tool="other")])
    operator = superuser()
    found: Any = front_page(operator).find("h3", string=heading)
    assert len(operator.get(found.parent.select_one("tbody a")["href"]).context["cl"].result_list) == 2


def test_counts_connections_that_were_allowed_and_revoked() -> None:
    app = Client.objects.create(name="App", client_type="public", authorization_grant_type="authorization-code")
    for name in ("ann", "bo"):
        Connection.objects.create(user=User.objects.create_user(name), client=app, resource="https://x/mcp")
    ann = Connection.objects.filter(user__username="ann")
    revoke_connections(ann)
    first = ann.get().revoked_at
    revoke_connections(ann)
    page = front_page(superuser())
    assert (figure(page, "Connections allowed"), figure(page, "Connections revoked")) == ("2", "1")
    assert first is not None
    assert ann.get().revoked_at == first


async def test_counts_what_is_open_in_this_process() -> None:
    running, store = InFlight(), InProcessSessions()
    await store.create(SessionRecord("owner", "default", "2025-11-25", {}, {}))
    with running.call(principal()), running.stream(principal()), running.stream(principal()):
        assert (len(running), len(store)) == (3, 1)
    assert len(running) == 0


def test_opens_when_there_was_no_call() -> None:
    page = front_page(superuser())
    assert figure(page, "Calls") == figure(page, "Open streams and running calls") == "0"
    assert listed(page, "Busiest users") == []


def test_says_when_calls_are_not_written_down(settings: Settings) -> None:
    settings.MCP_LEDGER = "off"
    assert "Calls are not written down" in front_page(superuser()).text
    settings.MCP_LEDGER = "on"
    assert "Calls are not written down" not in front_page(clerk("view_toolcall")).text


def test_is_for_those_who_may_view_the_ledger() -> None:
    somebody = clerk("view_client")
    with CaptureQueriesContext(connection) as asked:
        page = front_page(somebody)
    assert page.select_one(".overview") is None
    assert not [query for query in asked if CallTotal._meta.db_table in query["sql"]]


def test_shows_connections_to_those_who_may_view_them() -> None:
    page = front_page(clerk("view_toolcall"))
    assert page.select_one(".overview") is not None
    assert page.find("dt", string="Connections allowed") is None


def test_asks_the_database_as_often_for_many_calls_as_for_few() -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            overview(with_connections=True)
        return len(asked)

    insert([row()])
    few = queries()
    insert(
        [
            row(
                tool=f"t{each}",
                user_id=each,
                client_id=f"c{each}",
                called_at=time.time() - 600 * each,
                outcome="crashed",
            )
            for each in range(100)
        ]
    )
    assert queries() == few == 7


def test_reads_no_row_that_its_index_does_not_lead_to() -> None:
    with CaptureQueriesContext(connection) as asked:
        overview(with_connections=True)
    statements = [query["sql"] for query in asked]
    assert statements
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(f"EXPLAIN QUERY PLAN {statement}")
                assert not [line for *_, line in cursor.fetchall() if line.startswith("SCAN")], statement
