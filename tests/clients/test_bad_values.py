"""Every part of every request, replaced by values that do not belong there: never a 500, never an internal error."""

import copy
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.clients.wire import Json, Session, Wire, messages, modern_headers

INTERNAL_ERROR = -32603
MISSING = object()
JUNK: tuple[Any, ...] = (
    MISSING,
    None,
    True,
    -1,
    1e308,
    "",
    "\ud800",
    "a\x00b",
    "x" * 10_000,
    [],
    [[{}]],
    {},
    {"a": {"b": 1}},
    10**30,
)

CALL: Json = {"name": "add", "arguments": {"a": 1, "b": 2}}
COMMON: dict[str, Json] = {
    "tools/list": {"cursor": "a"},
    "tools/call": CALL,
    "resources/list": {},
    "resources/templates/list": {},
    "resources/read": {"uri": "lab://samples/zinc"},
    "prompts/list": {},
    "prompts/get": {"name": "experiment", "arguments": {"substance": "zinc"}},
    "completion/complete": {
        "ref": {"type": "ref/prompt", "name": "experiment"},
        "argument": {"name": "substance", "value": "z"},
        "context": {"arguments": {"a": "b"}},
    },
}
MODERN_ONLY: dict[str, Json] = {
    "server/discover": {},
    "tools/call": {
        **CALL,
        "requestState": "state",
        "inputResponses": {"name": {"action": "accept", "content": {"name": "Ada"}}},
        "_meta": {"progressToken": 1, "io.modelcontextprotocol/clientInfo": {"name": "wire", "version": "1"}},
    },
}
LEGACY_ONLY: dict[str, Json] = {
    "initialize": {
        "protocolVersion": "2025-11-25",
        "capabilities": {"elicitation": {}, "roots": {"listChanged": True}},
        "clientInfo": {"name": "wire", "version": "1"},
    },
    "ping": {},
    "logging/setLevel": {"level": "info"},
    "resources/subscribe": {"uri": "lab://notebook"},
    "resources/unsubscribe": {"uri": "lab://notebook"},
    "tools/call": {**CALL, "_meta": {"progressToken": 1}},
    "notifications/cancelled": {"requestId": 1, "reason": "enough"},
    "notifications/initialized": {},
    "notifications/progress": {"progressToken": 1, "progress": 0.5},
}


def spoiled(value: Any) -> Iterator[Any]:
    """Copies of a JSON value with one node replaced by junk, or gone, in each."""
    if not isinstance(value, dict):
        return
    for name, child in value.items():
        for junk in JUNK:
            copied = copy.deepcopy(value)
            if junk is MISSING:
                del copied[name]
            else:
                copied[name] = junk
            yield copied
        for deeper in spoiled(child):
            yield {**value, name: deeper}


def survived(response: httpx.Response) -> bool:
    """Whether a response is a proper one: no server error, no internal error, and JSON or events."""
    if response.status_code >= 500:
        return False
    if response.status_code == 202:
        return response.content == b""
    kind = response.headers["Content-Type"].partition(";")[0]
    return kind in ("application/json", "text/event-stream") and not any(
        message.get("error", {}).get("code") == INTERNAL_ERROR for message in messages(response)
    )


def sendable(body: Json) -> dict[str, str | None]:
    """The headers that go with a modern body, as far as it still has what they repeat."""
    try:
        headers = modern_headers(body)
    except (KeyError, TypeError):
        return {"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call"}
    return {
        name: value
        for name, value in headers.items()
        if isinstance(value, str) and value.isprintable() and value.isascii() and 0 < len(value) < 1000
    }


@pytest.mark.parametrize(("method", "params"), [*COMMON.items(), *MODERN_ONLY.items()])
def test_no_value_breaks_a_request_of_the_2026_era(wire: Wire, method: str, params: Json) -> None:
    broken = []
    for body in spoiled(wire.modern_body(method, params)):
        response = wire.post(body, sendable(body))
        if not survived(response):
            broken.append((body, response.status_code, response.text))

    assert broken == []


@pytest.mark.parametrize(("method", "params"), [*COMMON.items(), *LEGACY_ONLY.items()])
def test_no_value_breaks_a_request_of_a_session(wire: Wire, method: str, params: Json) -> None:
    session = wire.session()
    broken = []
    for body in spoiled(_legacy_body(session, method, params)):
        response = wire.post(body, session.headers)
        if not survived(response):
            broken.append((body, response.status_code, response.text))

    assert broken == []


def _legacy_body(session: Session, method: str, params: Json) -> Json:
    body = session.wire.body(method, params)
    if method.startswith("notifications/"):
        del body["id"]
    return body
