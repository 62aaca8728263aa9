"""Attempts in Django admin: found by what an operator knows, and read there."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from oauth_bridge.models import ConnectionAttempt
from oauth_bridge.models.attempt import Step
from tests.oauth_bridge.attempts.conftest import Recorded
from tests.oauth_bridge.attempts.steps import call, discover, program, sign_up
from tests.oauth_bridge.flows import Flow
from tests.oauth_bridge.operator import clerk, listed, offered, superuser, url_of, words

MARKUP = "<script>alert(1)</script>"


@pytest.fixture
def operator(db: None) -> Browser:
    return superuser()


@pytest.fixture
def three(recorded: Recorded, browser: Browser) -> list[ConnectionAttempt]:
    """One that connected, one that failed, one that waits."""
    call(sign_up(program(), browser, client_name="Good").tokens())
    bad = sign_up(program("198.51.100.9"), browser, client_name="Bad")
    browser.get(bad.authorize_url(redirect_uri="https://client.example/other"))
    discover(program("192.0.2.1"))
    return recorded.rows


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, 3),
        ({"end": "connected"}, 1),
        ({"end": "failed"}, 1),
        ({"end": "unfinished"}, 1),
        ({"reached": str(Step.CALL.value)}, 1),
        ({"client": "Good"}, 1),
        ({"q": "client.example/other"}, 1),
        ({"q": "192.0.2.1"}, 1),
        ({"q": "alice"}, 2),
    ],
)
def test_they_are_found(operator: Browser, three: Any, query: dict[str, str], found: int) -> None:
    assert listed(operator, ConnectionAttempt, **query) == found


@pytest.mark.parametrize(
    "query",
    [{"end": "x"}, {"reached": "x"}, {"client": "\0"}, {"started_at__gte": "x"}, {"started_at__year": "x"}],
)
def test_nonsense_finds_nothing(operator: Browser, three: Any, query: dict[str, str]) -> None:
    assert listed(operator, ConnectionAttempt, **query) == 0


def test_the_list_says_what_stopped_each(operator: Browser, three: Any) -> None:
    page = words(operator.get(url_of(ConnectionAttempt, "changelist")))
    assert "is not registered; registered are https://client.example/callback." in page
    assert "Connected" in page
    assert "Read the documents" in page


def test_a_page_has_every_step(operator: Browser, three: list[ConnectionAttempt]) -> None:
    page = words(operator.get(url_of(ConnectionAttempt, "change", three[0].pk)))
    for text in ("Registered", "Was allowed, and sent back with a code", "Was given a token", "Made a call with it"):
        assert text in page


def test_a_page_leads_to_client_user_and_connection(operator: Browser, three: list[ConnectionAttempt]) -> None:
    page = operator.get(url_of(ConnectionAttempt, "change", three[0].pk)).content.decode()
    for kind in ("oauth_bridge/client", "accounts/user", "oauth_bridge/connection"):
        assert f'href="/admin/{kind}/' in page


def test_nobody_changes_or_deletes_one(operator: Browser, three: list[ConnectionAttempt]) -> None:
    row = three[0]
    assert operator.get(url_of(ConnectionAttempt, "add")).status_code == 403
    assert operator.post(url_of(ConnectionAttempt, "change", row.pk), {"failed": "1"}).status_code == 403
    assert operator.post(url_of(ConnectionAttempt, "delete", row.pk), {"post": "yes"}).status_code == 403
    assert offered(operator, ConnectionAttempt) == set()


@pytest.mark.parametrize(("permissions", "status"), [((), 403), (("view_connectionattempt",), 200)])
def test_it_takes_a_permission(three: Any, permissions: tuple[str, ...], status: int) -> None:
    assert clerk(*permissions).get(url_of(ConnectionAttempt, "changelist")).status_code == status


def test_a_clients_name_and_agent_are_text(recorded: Recorded, operator: Browser, browser: Browser) -> None:
    flow: Flow = sign_up(program(agent=MARKUP), browser, client_name=MARKUP)
    flow.page()
    row = recorded.only
    for page in (url_of(ConnectionAttempt, "changelist"), url_of(ConnectionAttempt, "change", row.pk)):
        assert MARKUP not in operator.get(page).content.decode()


def test_more_rows_are_no_more_queries(operator: Browser, three: list[ConnectionAttempt]) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            operator.get(url_of(ConnectionAttempt, "changelist"))
        return len(asked)

    queries()
    few = queries()
    ConnectionAttempt.objects.bulk_create(ConnectionAttempt(client_name=f"Client {n}") for n in range(50))
    assert queries() == few
