"""What a session answers to those it does not belong to, and after its end."""

import pytest

from tests.clients.app import App
from tests.clients.conftest import AppOf, WireOf
from tests.clients.wire import (
    MODERN,
    Wire,
    answer,
    refused,
)
from tests.conftest import PersonOf

# --- Sessions ----------------------------------------------------------------------------------


def test_an_unknown_session_is_not_found(wire: Wire) -> None:
    refused(wire.post(wire.body("tools/list"), {"Mcp-Session-Id": "no-such-session"}), 404)


def test_a_request_without_a_session_is_asked_for_one(wire: Wire) -> None:
    refused(wire.post(wire.body("tools/list"), {"MCP-Protocol-Version": "2025-11-25"}), 400)


def test_a_session_knows_no_other_protocol_version_than_those_there_are(wire: Wire) -> None:
    session = wire.session()

    refused(wire.post(wire.body("tools/list"), {**session.headers, "MCP-Protocol-Version": "1999-01-01"}), 400)


def test_a_session_that_was_ended_is_not_found(wire: Wire) -> None:
    session = wire.session()

    assert session.end().status_code in (200, 204)
    refused(session.send("ping"), 404)


def test_ending_an_unknown_session_is_not_found(wire: Wire) -> None:
    refused(wire.http.delete("/mcp", headers={"Mcp-Session-Id": "no-such-session"}), 404)


def test_nobody_else_can_use_a_session(wire: Wire, bobs_wire: Wire) -> None:
    session = wire.session()

    refused(bobs_wire.post(wire.body("tools/list"), session.headers), 404)


def test_nobody_else_can_listen_to_a_session(wire: Wire, bobs_wire: Wire) -> None:
    session = wire.session()

    refused(bobs_wire.http.get("/mcp", headers={"Mcp-Session-Id": session.id, "Accept": "text/event-stream"}), 404)


def test_nobody_else_can_end_a_session(wire: Wire, bobs_wire: Wire) -> None:
    session = wire.session()

    refused(bobs_wire.http.delete("/mcp", headers={"Mcp-Session-Id": session.id}), 404)
    assert session.send("ping").status_code == 200


def test_the_same_person_through_another_client_cannot_use_a_session(
    wire: Wire, app: AppOf, person: PersonOf, wire_of: WireOf
) -> None:
    session = wire.session()
    other = wire_of(app().connect(person()))

    refused(other.post(other.body("tools/list"), session.headers), 404)


# --- HTTP methods and paths --------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/mcp", "/mcp/"])
@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_a_method_that_mcp_does_not_have_is_not_allowed(wire: Wire, path: str, method: str) -> None:
    response = wire.http.request(method, path, json=wire.modern_body("tools/list"))

    refused(response, 405)
    assert "POST" in response.headers["Allow"]


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_the_2026_era_has_neither_get_nor_delete(wire: Wire, method: str) -> None:
    headers = {"MCP-Protocol-Version": MODERN, "Accept": "text/event-stream"}

    refused(wire.http.request(method, "/mcp", headers=headers), 405)


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_a_session_method_without_a_session_is_a_bad_request(wire: Wire, method: str) -> None:
    headers = {"MCP-Protocol-Version": "2025-11-25", "Accept": "text/event-stream"}

    response = wire.http.request(method, "/mcp", headers=headers)

    refused(response, response.status_code)
    assert response.status_code in (400, 405)


def test_the_path_with_a_slash_is_the_same_endpoint(wire_of: WireOf, connected: dict[str, App]) -> None:
    slashed = wire_of(connected["alice"].tokens["access_token"], "/mcp/")

    response = slashed.call("greet", None, name="Ada")

    assert response.status_code == 200
    assert answer(response)["result"]["content"][0]["text"] == "Hello, Ada!"


def test_the_path_with_a_slash_serves_sessions_too(wire_of: WireOf, connected: dict[str, App]) -> None:
    session = wire_of(connected["alice"].tokens["access_token"], "/mcp/").session()

    assert session.send("ping").status_code == 200
