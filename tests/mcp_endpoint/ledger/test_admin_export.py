"""The ledger as a file: whole, filtered, harmless to spreadsheets, and never in memory at once."""

import csv
import json
from io import StringIO
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import connection, connections
from django.test import AsyncClient, RequestFactory
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from mcp_endpoint.ledger import export
from mcp_endpoint.ledger.export import as_csv, exported, harmless
from mcp_endpoint.ledger.rows import insert
from mcp_endpoint.models import ToolCall
from tests.mcp_endpoint.ledger.samples import row
from tests.oauth_bridge.operator import clerk, superuser, url_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator() -> Browser:
    return superuser()


def download(browser: Browser, kind: str, **query: Any) -> str:
    page = browser.get(f"{url_of(ToolCall, 'changelist')}export/{kind}/", query)
    assert page.status_code == 200
    assert page["Content-Disposition"] == f'attachment; filename="tool-calls.{kind}"'
    return b"".join(page.streaming_content).decode()


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(text)))


@pytest.fixture
def in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few rows at a time."""
    monkeypatch.setattr(export, "AT_ONCE", 3)


@pytest.mark.parametrize("number", [0, 1, 3, 7, 9])
def test_has_every_call_once_and_the_newest_first(operator: Browser, in_parts: None, number: int) -> None:
    insert([row(tool=f"tool{each}", called_at=1000 + each // 4) for each in range(number)])
    expected = [call.tool for call in ToolCall.objects.order_by("-called_at", "-pk")]
    assert len(expected) == number
    assert [each["tool"] for each in rows_of(download(operator, "csv"))] == expected
    assert [each["tool"] for each in json.loads(download(operator, "json"))] == expected


@pytest.mark.parametrize("number", [0, 2, 3, 8])
def test_has_what_a_search_finds_once_and_the_newest_first(operator: Browser, in_parts: None, number: int) -> None:
    insert(
        [
            row(tool="wanted", request_id="wanted" if each % 2 else "another", called_at=1000 + each // 4)
            for each in range(number)
        ]
    )
    insert([row(tool="other", request_id="wanted", called_at=500), row(tool="other", called_at=2000)])
    wanted = ToolCall.objects.filter(called_at__year=1970).order_by("-called_at", "-pk")
    expected = [str(call.pk) for call in wanted if "wanted" in (call.tool, call.request_id)]
    assert len(expected) == number + 1
    assert [each["id"] for each in rows_of(download(operator, "csv", q="wanted"))] == expected


@pytest.mark.parametrize("kind", ["csv", "json"])
def test_honours_filters_search_and_dates(operator: Browser, kind: str) -> None:
    insert([row(tool="wanted", outcome="crashed", called_at=10**9), row(tool="other"), row(tool="wanted")])
    for query, found in (
        ({"outcome__exact": "crashed"}, 1),
        ({"q": "wanted"}, 2),
        ({"called_at__year": "2001"}, 1),
        ({"called_at__year": "nonsense"}, 0),
        ({"p": "2"}, 3),
    ):
        text = download(operator, kind, **query)
        assert len(rows_of(text) if kind == "csv" else json.loads(text)) == found


def test_is_offered_with_the_filters_of_the_list(operator: Browser) -> None:
    page = operator.get(url_of(ToolCall, "changelist"), {"outcome__exact": "ok"})
    assert b'export/csv/?outcome__exact=ok"' in page.content


@pytest.mark.parametrize(
    "start",
    [
        *("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20"),
        *(" =", "\t=", "\u00a0+", "'=", '"=', "\"'@", "\ufeff=", "\x0b-"),
    ],
)
def test_a_formula_becomes_a_text(operator: Browser, start: str) -> None:
    value = f"{start}HYPERLINK(1)"
    insert([row(tool=value, user_name=value, request_id=value)])
    (found,) = csv.DictReader(StringIO(download(operator, "csv"), newline=""))
    assert {found[name] for name in ("tool", "user_name", "request_id")} == {"'" + value}


def test_what_is_no_formula_stays_as_it_is() -> None:
    assert [harmless(value) for value in ("a=b", " a", "'a", "", 5, -5, None)] == ["a=b", " a", "'a", "", 5, -5, None]


def test_line_breaks_and_quotes_stay_within_a_cell() -> None:
    columns = len(export.COLUMNS)
    text = as_csv([('a"\r\n=b', *[""] * (columns - 1))], 0)
    assert len(list(csv.reader(StringIO(text, newline="")))) == 2


def test_asks_for_the_next_rows_when_the_last_were_taken(in_parts: None) -> None:
    insert([row() for _ in range(9)])
    response = exported(RequestFactory().get("/"), [ToolCall.objects.all()], "csv")
    parts = iter(response)
    with CaptureQueriesContext(connection) as asked:
        next(parts)
        next(parts)
    assert len(asked) == 2
    assert all("LIMIT 3" in query["sql"] for query in asked)


@pytest.mark.django_db(transaction=True)
async def test_streams_from_an_asynchronous_server_too(in_parts: None) -> None:
    await sync_to_async(insert)([row() for _ in range(7)])
    browser = AsyncClient()
    await browser.aforce_login(await User.objects.acreate(username="operator", is_staff=True, is_superuser=True))
    page = await browser.get(f"{url_of(ToolCall, 'changelist')}export/json/")
    assert page.is_async
    parts = [part async for part in page.streaming_content]
    assert len(parts) == 4
    assert len(json.loads(b"".join(parts))) == 7
    await sync_to_async(connections.close_all)()  # those of the thread that was asked


def test_is_for_those_alone_who_may_export() -> None:
    browser = clerk("view_toolcall")
    assert b"Export as" not in browser.get(url_of(ToolCall, "changelist")).content
    assert browser.get(f"{url_of(ToolCall, 'changelist')}export/csv/").status_code == 403


def test_takes_more_than_the_permission_to_export() -> None:
    assert clerk("export_toolcall").get(f"{url_of(ToolCall, 'changelist')}export/csv/").status_code == 403


def test_is_there_for_who_may() -> None:
    insert([row()])
    assert len(rows_of(download(clerk("view_toolcall", "export_toolcall"), "csv"))) == 1


def test_knows_no_other_format(operator: Browser) -> None:
    assert operator.get(f"{url_of(ToolCall, 'changelist')}export/xml/").status_code == 404
