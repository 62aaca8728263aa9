"""What a request gets from a foreign page, without a good token, or with too little scope."""

import pytest

from tests.clients.app import App
from tests.clients.conftest import AppOf, WireOf
from tests.clients.wire import (
    Wire,
    answer,
    challenge,
    modern_headers,
    refused,
)
from tests.conftest import PersonOf
from tests.live import LiveServer

# --- Where a request comes from ----------------------------------------------------------------


@pytest.mark.parametrize("origin", ["https://evil.example", "http://localhost.evil.example", "null", "not a url"])
def test_a_foreign_origin_is_forbidden(wire: Wire, era_headers: dict[str, str | None], origin: str) -> None:
    refused(wire.post(wire.modern_body("tools/list"), {**era_headers, "Origin": origin}), 403)


def test_a_foreign_origin_is_forbidden_before_the_token_is_looked_at(wire_of: WireOf) -> None:
    nobody = wire_of(None)

    refused(nobody.post(nobody.modern_body("tools/list"), {"Origin": "https://evil.example"}), 403)


def test_the_sites_own_origin_is_welcome(wire: Wire, live: LiveServer) -> None:
    assert wire.modern("tools/list", headers={"Origin": live.url}).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "evil.example:80"])
def test_a_foreign_host_is_refused(wire: Wire, era_headers: dict[str, str | None], host: str) -> None:
    response = wire.post(wire.modern_body("tools/list"), {**era_headers, "Host": host})

    refused(response, response.status_code)
    assert response.status_code in (400, 403, 421)


# --- Who asks ----------------------------------------------------------------------------------


def test_a_request_without_a_token_is_told_where_to_get_one(wire_of: WireOf, live: LiveServer) -> None:
    response = wire_of(None).modern("tools/list")

    refused(response, 401)
    told = challenge(response)
    assert told["resource_metadata"] == f"{live.url}/.well-known/oauth-protected-resource/mcp"
    assert "mcp" in told["scope"].split()
    assert "error" not in told  # RFC 6750 §3.1: no error code where no token was sent


@pytest.mark.parametrize("token", ["garbage", "a" * 5000, "ünïcode".encode().decode("latin-1")])
def test_a_token_that_is_none_of_ours_is_invalid(wire_of: WireOf, token: str) -> None:
    nobody = wire_of(None)

    response = nobody.modern("tools/list", headers={"Authorization": f"Bearer {token}"})

    refused(response, 401)
    assert 'error="invalid_token"' in response.headers["WWW-Authenticate"]
    assert "resource_metadata=" in response.headers["WWW-Authenticate"]


@pytest.mark.parametrize("authorization", ["Basic YWxpY2U6cHc=", "Bearer", "bearer\tx", "Digest a=b"])
def test_credentials_that_are_no_bearer_token_get_a_challenge(wire_of: WireOf, authorization: str) -> None:
    response = wire_of(None).modern("tools/list", headers={"Authorization": authorization})

    refused(response, 401)
    assert "resource_metadata=" in response.headers["WWW-Authenticate"]


def test_a_token_in_the_query_is_not_looked_at(wire_of: WireOf, connected: dict[str, App]) -> None:
    nobody = wire_of(None)
    body = nobody.modern_body("tools/list")
    token = connected["alice"].tokens["access_token"]

    refused(nobody.post(body, modern_headers(body), path=f"/mcp?access_token={token}"), 401)


def test_a_refresh_token_is_no_access_token(wire_of: WireOf, app: AppOf, person: PersonOf) -> None:
    client = app()
    client.connect(person())

    refused(wire_of(client.tokens["refresh_token"]).modern("tools/list"), 401)


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_every_method_asks_for_a_token(wire_of: WireOf, method: str) -> None:
    response = wire_of(None).http.request(method, "/mcp", headers={"Accept": "text/event-stream"})

    refused(response, 401)


def test_too_little_scope_names_all_that_is_needed_and_what_was_granted(wire: Wire, connected: dict[str, App]) -> None:
    response = wire.call("erase")

    refused(response, 403)
    told = challenge(response)
    assert told["error"] == "insufficient_scope"
    assert {"mcp", "lab:erase"} <= set(told["scope"].split())
    assert set(connected["alice"].tokens["scope"].split()) <= set(told["scope"].split())
    assert told["resource_metadata"].endswith("/.well-known/oauth-protected-resource/mcp")


def test_too_little_scope_is_forbidden_in_a_session_too(wire: Wire) -> None:
    response = wire.session().call("erase")

    refused(response, 403)
    assert challenge(response)["error"] == "insufficient_scope"


def test_a_tool_beyond_the_granted_scopes_is_not_listed(wire: Wire) -> None:
    listed = {tool["name"] for tool in answer(wire.modern("tools/list"))["result"]["tools"]}

    assert "greet" in listed
    assert "erase" not in listed


def test_a_client_that_asked_for_the_scope_may_call_the_tool(app: AppOf, person: PersonOf, wire_of: WireOf) -> None:
    token = app().connect(person(), scope="mcp lab:erase")

    assert answer(wire_of(token).call("erase"))["result"]["content"][0]["text"] == "erased"
