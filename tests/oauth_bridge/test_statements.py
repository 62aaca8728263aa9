"""How often each step of a flow asks the database, BEGIN and COMMIT included: the aims of benchmarks/oauth.py."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from benchmarks.oauth import AIMS
from oauth_bridge.models import Client, Connection
from tests.oauth_bridge.flows import Flow, answer_of, register


def cost(act: Callable[[], Any]) -> tuple[Any, int]:
    with CaptureQueriesContext(database) as queries:
        answer = act()
    return answer, len(queries)


@pytest.fixture
def warm(transactional_db: None) -> Flow:
    """A client in the browser of somebody who allowed another one before, which stored the tools."""
    from django.test import Client as Browser

    browser = Browser()
    browser.force_login(User.objects.create_user("alice", "alice@example.org"))
    Flow(browser, register(browser, client_name="Before").json()["client_id"]).tokens()
    return Flow(browser, register(browser, client_name="Example").json()["client_id"])


def walk(flow: Flow) -> dict[str, int]:
    page, shown = cost(lambda: flow.page())
    back, decided = cost(lambda: flow.browser.post(flow.authorize_url(), page.answer()))
    first, redeemed = cost(lambda: flow.exchange(answer_of(back)["code"]))
    second, refreshed = cost(lambda: flow.refresh(first.json()["refresh_token"]))
    assert second.status_code == 200
    return {"consent page": shown, "decision": decided, "token": redeemed, "refresh": refreshed}


def over(costs: dict[str, int]) -> dict[str, int]:
    """What costs more than it should."""
    return {step: count for step, count in costs.items() if count > AIMS[step]}


def test_a_first_consent(warm: Flow) -> None:
    assert over(walk(warm)) == {}


def test_a_further_consent(warm: Flow) -> None:
    warm.tokens()
    assert over(walk(warm)) == {}


def test_one_that_is_remembered_writes_the_code_alone(warm: Flow) -> None:
    Client.objects.update(trust=Client.Trust.APPROVED)
    warm.tokens()
    before = Connection.objects.get(client__name="Example").consented_at
    response, count = cost(lambda: warm.browser.get(warm.authorize_url()))
    assert "code" in answer_of(response)
    assert count <= AIMS["decision"]
    assert Connection.objects.get(client__name="Example").consented_at == before
