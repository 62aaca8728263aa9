"""What a body that is no good gets: too large, not JSON, no message, a batch out of place."""

import pytest

from tests.clients.wire import (
    INVALID_REQUEST,
    MODERN,
    PARSE_ERROR,
    Wire,
    answer,
    messages,
    modern_headers,
    refused,
)

MEBIBYTE = 1024 * 1024


# --- Bodies ------------------------------------------------------------------------------------


@pytest.mark.parametrize("body", [b"", b"{", b"{'a': 1}", b"\xff\xfe{}", b'{"jsonrpc": "2.0", ', b"[" * 100_000])
def test_a_body_that_is_not_json_is_a_parse_error(wire: Wire, era_headers: dict[str, str | None], body: bytes) -> None:
    refused(wire.post(body, era_headers), 400, PARSE_ERROR)


@pytest.mark.parametrize(
    "body",
    [
        b"null",
        b"1",
        b'"tools/list"',
        b"{}",
        b'{"id": 1, "method": "tools/list"}',
        b'{"jsonrpc": "1.0", "id": 1, "method": "tools/list"}',
        b'{"jsonrpc": "2.0", "id": 1, "method": 7}',
        b'{"jsonrpc": "2.0", "id": {}, "method": "tools/list"}',
    ],
)
def test_json_that_is_no_message_is_an_invalid_request(
    wire: Wire, era_headers: dict[str, str | None], body: bytes
) -> None:
    refused(wire.post(body, era_headers), 400, INVALID_REQUEST)


def test_deep_nesting_in_arguments_is_refused_or_answered_but_never_breaks(wire: Wire) -> None:
    deep = b'{"a":' * 900 + b"1" + b"}" * 900
    body = (
        (b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"greet","arguments":{"name":' + deep)
        + b'},"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28",'
        + (b'"io.modelcontextprotocol/clientCapabilities":{}}}}')
    )
    headers = {"MCP-Protocol-Version": MODERN, "Mcp-Method": "tools/call", "Mcp-Name": "greet"}

    response = wire.post(body, headers)

    assert response.status_code in (200, 400)
    assert answer(response)


def test_a_body_over_the_limit_is_too_large(wire: Wire, era_headers: dict[str, str | None]) -> None:
    refused(wire.post(b" " * (4 * MEBIBYTE + 1), era_headers), 413)


def test_a_body_over_the_limit_is_too_large_in_chunks_too(wire: Wire) -> None:
    chunks = (b" " * MEBIBYTE for _ in range(5))

    response = wire.http.post("/mcp", content=chunks, headers={"Content-Type": "application/json"})

    refused(response, 413)


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", None])
def test_a_body_that_is_not_declared_as_json_is_refused(wire: Wire, content_type: str | None) -> None:
    body = wire.modern_body("tools/list")
    refused(wire.post(body, {**modern_headers(body), "Content-Type": content_type}), 415)


def test_json_may_be_declared_with_a_charset(wire: Wire) -> None:
    response = wire.modern("tools/list", headers={"Content-Type": "application/json; charset=utf-8"})

    assert response.status_code == 200


# --- Accept ------------------------------------------------------------------------------------


@pytest.mark.parametrize("accept", ["text/html", "image/png, text/plain"])
def test_a_client_that_accepts_neither_json_nor_events_gets_406(
    wire: Wire, era_headers: dict[str, str | None], accept: str
) -> None:
    refused(wire.post(wire.modern_body("tools/list"), {**era_headers, "Accept": accept}), 406)


@pytest.mark.parametrize("accept", ["*/*", "application/json, text/event-stream;q=0.5", "application/*, text/*"])
def test_a_client_that_accepts_both_in_other_words_is_served(wire: Wire, accept: str) -> None:
    assert wire.modern("tools/list", headers={"Accept": accept}).status_code == 200


def test_a_get_that_does_not_accept_events_gets_406(wire: Wire) -> None:
    session = wire.session()

    response = wire.http.get("/mcp", headers={"Mcp-Session-Id": session.id, "Accept": "application/json"})

    refused(response, 406)


# --- Batches -----------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["2025-06-18", "2025-11-25"])
def test_a_batch_is_refused_where_there_are_none(wire: Wire, version: str) -> None:
    session = wire.session(version)

    refused(wire.post([wire.body("ping"), wire.body("ping")], session.headers), 400, INVALID_REQUEST)


def test_a_batch_is_refused_in_the_2026_era(wire: Wire) -> None:
    body = wire.modern_body("tools/list")

    refused(wire.post([body, body], modern_headers(body)), 400, INVALID_REQUEST)


def test_a_batch_is_answered_in_the_version_that_has_them(wire: Wire) -> None:
    session = wire.session("2025-03-26")
    first, second = wire.body("ping"), wire.body("tools/list")

    response = wire.post([first, second], session.headers)

    answered = {message["id"] for message in messages(response) if "result" in message}
    assert answered == {first["id"], second["id"]}


def test_a_batch_of_notifications_is_accepted(wire: Wire) -> None:
    session = wire.session("2025-03-26")
    notification = {"jsonrpc": "2.0", "method": "notifications/roots/list_changed"}

    assert wire.post([notification, notification], session.headers).status_code == 202


def test_an_empty_batch_is_an_invalid_request(wire: Wire) -> None:
    session = wire.session("2025-03-26")

    refused(wire.post([], session.headers), 400, INVALID_REQUEST)
