"""A site with sessions switched off: every era is served, and nothing is kept between requests."""

from collections.abc import Iterator

import pytest

from tests.clients.sdk import Installation
from tests.clients.wire import Wire, answer, refused
from tests.conftest import USERS, PersonOf
from tests.live import LiveServer


@pytest.fixture(scope="module", params=["daphne", "uvicorn"])
def live(request: pytest.FixtureRequest) -> Iterator[LiveServer]:
    """A server with `MCP_SESSIONS=false`."""
    stateless = {"MCP_SESSIONS": "false"}
    with LiveServer(request.param, settings="tests.clients.settings", env=stateless, users=USERS) as server:
        yield server


@pytest.mark.parametrize("version", ["2025-11-25", "2025-06-18", "2025-03-26"])
def test_no_session_is_handed_out(wire: Wire, version: str) -> None:
    response = wire.initialize(version)

    assert answer(response)["result"]["protocolVersion"] == version
    assert "Mcp-Session-Id" not in response.headers


@pytest.mark.parametrize("version", ["2025-11-25", "2025-06-18", None])
def test_a_call_needs_none(wire: Wire, version: str | None) -> None:
    body = wire.body("tools/call", {"name": "greet", "arguments": {"name": "Ada"}})

    response = wire.post(body, {"MCP-Protocol-Version": version})

    assert answer(response)["result"]["content"][0]["text"] == "Hello, Ada!"


def test_notifications_still_come_on_the_way(wire: Wire) -> None:
    body = wire.body("tools/call", {"name": "steps", "arguments": {"number": 2}, "_meta": {"progressToken": 1}})

    response = wire.post(body, {"MCP-Protocol-Version": "2025-11-25"})

    assert response.headers["Content-Type"].startswith("text/event-stream")
    assert "notifications/progress" in response.text
    assert answer(response)["result"]["content"][0]["text"] == "done"


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_what_is_only_for_sessions_is_not_allowed(wire: Wire, method: str) -> None:
    headers = {"MCP-Protocol-Version": "2025-11-25", "Mcp-Session-Id": "any", "Accept": "text/event-stream"}

    refused(wire.http.request(method, "/mcp", headers=headers), 405)


def test_a_question_to_the_client_is_a_tool_error(wire: Wire) -> None:
    body = wire.body("tools/call", {"name": "ask_name", "arguments": {}})

    assert answer(wire.post(body))["result"]["isError"] is True


async def test_the_sdk_client_gets_along(person: PersonOf) -> None:
    installation = Installation(person())

    async with installation.connect("2025-11-25") as client:
        greeting = await client.call_tool("greet", {"name": "Ada"})

    assert greeting.structured_content == {"result": "Hello, Ada!"}


async def test_the_2026_era_is_the_same(person: PersonOf) -> None:
    installation = Installation(person())

    async with installation.connect("2026-07-28") as client:
        greeting = await client.call_tool("greet", {"name": "Ada"})

    assert greeting.structured_content == {"result": "Hello, Ada!"}
