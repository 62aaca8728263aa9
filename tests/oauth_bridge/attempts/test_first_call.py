"""The first call at the MCP endpoint: an attempt ends there, one way or the other."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone
from oauth2_provider.models import AccessToken

from mcp_endpoint.endpoints import endpoints
from mcp_endpoint.entrance import refusals
from mcp_endpoint.entrance.bearer import insufficient_scope
from mcp_endpoint.errors import HttpError
from oauth_bridge.bearer import BearerError, verify
from oauth_bridge.models import Client, Connection, ConnectionAttempt
from oauth_bridge.models.attempt import Step
from tests.oauth_bridge.attempts.conftest import Recorded
from tests.oauth_bridge.attempts.steps import PROGRAM, call, discover, program, sign_up
from tests.oauth_bridge.flows import Flow
from tests.oauth_bridge.protected import OTHER_RESOURCE, RESOURCE

HEADERS = {b"user-agent": PROGRAM.encode()}
SCOPE = {"client": ("203.0.113.7", 50_000)}


def come(token: str | None, resource: str = RESOURCE) -> None:
    """A call as the gate sees it: checked, and told of where it is refused."""
    try:
        verify(token, resource)
    except BearerError as refused:
        try:
            raise HttpError(401, 0, refused.description) from refused
        except HttpError as error:
            refusals.report(error, SCOPE, HEADERS, endpoints()[0], None)


def refuse_scope(token: str) -> None:
    """A call that is let in, and lacks a scope."""
    principal = verify(token, RESOURCE)
    error = insufficient_scope(endpoints()[0], principal, ["notes:write"])
    refusals.report(error, SCOPE, HEADERS, endpoints()[0], principal)


@pytest.fixture
def tokens(recorded: Recorded, browser: Browser) -> dict[str, Any]:
    """Those of a client that has not called yet."""
    return sign_up(program(), browser, client_name="Example").tokens()


def expire() -> None:
    AccessToken.objects.update(expires=timezone.now())


def pause() -> None:
    Connection.objects.update(state=Connection.State.PAUSED)


def disable() -> None:
    Client.objects.update(disabled=True)


def end() -> None:
    Connection.objects.update(expires_at=timezone.now() - timedelta(seconds=1))


@pytest.mark.parametrize(
    ("happens", "why"),
    [
        (expire, "The access token has expired."),
        (pause, "The connection is paused."),
        (end, "The connection is over its time."),
        (disable, "The client is disabled, or its host is not let in."),
    ],
)
def test_what_is_wrong_with_its_token_is_said(
    recorded: Recorded, tokens: dict[str, Any], happens: Callable[[], None], why: str
) -> None:
    happens()
    come(tokens["access_token"])
    assert (recorded.only.failed, recorded.only.step, recorded.only.reason) == (True, Step.CALL, why)


def test_a_token_of_somebody_who_left(recorded: Recorded, tokens: dict[str, Any], browser: Browser) -> None:
    Connection.objects.get().user.__class__.objects.update(is_active=False)
    come(tokens["access_token"])
    assert recorded.only.reason == "The user is not active any more."


def test_a_token_for_another_resource(recorded: Recorded, tokens: dict[str, Any]) -> None:
    come(tokens["access_token"], OTHER_RESOURCE)
    assert recorded.only.reason == (
        f"The access token is for another resource: it is good at {RESOURCE}, and came to {OTHER_RESOURCE}."
    )


def test_a_token_that_nobody_gave(recorded: Recorded, tokens: dict[str, Any]) -> None:
    """It was cut short on the way; what is left of it can be tied to its program alone."""
    come(tokens["access_token"][:-1])
    assert (recorded.only.step, recorded.only.reason) == (Step.CALL, "The access token is invalid, expired or revoked.")


def test_a_call_that_lacks_a_scope(recorded: Recorded, tokens: dict[str, Any]) -> None:
    refuse_scope(tokens["access_token"])
    row = recorded.only
    assert (row.failed, row.is_connected, row.reason) == (True, False, "This needs the scope notes:write")


def test_a_call_that_comes_through_after_a_refusal_connects(recorded: Recorded, tokens: dict[str, Any]) -> None:
    pause()
    come(tokens["access_token"])
    assert recorded.only.failed
    Connection.objects.update(state=Connection.State.ACTIVE)
    call(tokens)
    assert recorded.only.is_connected


def test_refusals_of_daily_life_leave_a_connected_one_alone(recorded: Recorded, tokens: dict[str, Any]) -> None:
    call(tokens)
    recorded.rows  # noqa: B018
    ConnectionAttempt.objects.update(updated_at=timezone.now() - timedelta(hours=1))
    expire()
    come(tokens["access_token"])
    assert recorded.only.is_connected


def test_a_call_without_a_token_begins_an_attempt(recorded: Recorded) -> None:
    come(None)
    assert recorded.only.outcome == "Was told where the documents are"
    discover(program())
    assert [entry["text"] for entry in recorded.only.timeline] == [
        "Called without a token, and was told where to ask for one",
        "Read /.well-known/oauth-protected-resource/mcp",
        "Read /.well-known/oauth-authorization-server",
    ]


def test_an_origin_that_may_not_call_is_named(recorded: Recorded) -> None:
    error = HttpError(403, 0, "Origin https://page.example is not allowed")
    refusals.report(error, SCOPE, HEADERS, endpoints()[0], None)
    assert recorded.only.outcome == "Failed at discovery: Origin https://page.example is not allowed."


def test_a_client_that_returns_within_the_minute_is_seen(recorded: Recorded, flow: Flow) -> None:
    """Its connection was used just now, and is not written down again by itself."""
    call(flow.tokens())
    again = flow.tokens()
    call(again)
    assert [row.is_connected for row in recorded.rows] == [True, True]


def test_a_second_call_asks_the_database_no_more_than_before(
    recorded: Recorded, tokens: dict[str, Any], django_assert_num_queries: Any
) -> None:
    call(tokens)
    with django_assert_num_queries(1):
        call(tokens)
    assert [event.step for event in recorded.waiting].count(Step.CALL) == 1
