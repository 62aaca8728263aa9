"""The requests that are repeated: one tool call, one list of tools, in either era."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import httpx

Era = Literal["2026-07-28", "2025-11-25"]
MODERN: Era = "2026-07-28"
SESSION: Era = "2025-11-25"
ERAS: tuple[Era, ...] = (MODERN, SESSION)
ID = "@ID@"
META = {
    "io.modelcontextprotocol/protocolVersion": MODERN,
    "io.modelcontextprotocol/clientCapabilities": {},
}


class WrongAnswerError(Exception):
    """A server answered something else than what was expected: a fast refusal is no result."""


@dataclass(frozen=True)
class Request:
    """One request and a text that its answer must have."""

    url: str
    expected: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, object] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The body, with `ID` where each request has a number of its own."""
        return json.dumps({"jsonrpc": "2.0", "id": ID, **self.body}).replace(f'"{ID}"', ID)

    def check(self) -> None:
        """Make the request once and read its answer; raises WrongAnswerError."""
        transport = httpx.HTTPTransport(retries=5)
        with httpx.Client(transport=transport, timeout=30) as client:
            answer = client.post(self.url, headers=dict(self.headers), content=self.text.replace(ID, "1"))
        if answer.status_code != 200 or self.expected not in answer.text or '"isError":true' in answer.text:
            raise WrongAnswerError(f"{answer.status_code} {answer.text[:300]}")


def call(url: str, token: str, era: Era, name: str, arguments: Mapping[str, object], expected: str) -> Request:
    """A `tools/call`; in the 2025 era within a new session."""
    return _request(url, token, era, "tools/call", {"name": name, "arguments": arguments}, expected, name)


def greet(url: str, token: str, era: Era) -> Request:
    """The trivial async tool."""
    return call(url, token, era, "greet", {"name": "Ada"}, "Hello, Ada!")


def list_tools(url: str, token: str, era: Era, last: str) -> Request:
    """A `tools/list` whose answer has a tool of the name `last`."""
    return _request(url, token, era, "tools/list", {}, f'"{last}"')


def _request(
    url: str, token: str, era: Era, method: str, params: Mapping[str, object], expected: str, name: str = ""
) -> Request:
    headers = base_headers(token)
    if era == SESSION:
        session = {**headers, **start_session(url, headers)}
        return Request(url, expected, session, {"method": method, "params": params})
    headers |= {"MCP-Protocol-Version": MODERN, "Mcp-Method": method, **({"Mcp-Name": name} if name else {})}
    return Request(url, expected, headers, {"method": method, "params": {**params, "_meta": META}})


def base_headers(token: str) -> dict[str, str]:
    """What every request has."""
    return {
        "Authorization": f"Bearer {token}",
        "Content-Type": "application/json",
        "Accept": "application/json, text/event-stream",
    }


def initialize(number: int = 1) -> dict[str, object]:
    """The first message of a session."""
    params = {"protocolVersion": SESSION, "capabilities": {}, "clientInfo": {"name": "bench", "version": "1"}}
    return {"jsonrpc": "2.0", "id": number, "method": "initialize", "params": params}


def start_session(url: str, headers: Mapping[str, str]) -> dict[str, str]:
    """Headers that name a new session; a server that keeps none gives it no id."""
    answer = httpx.post(url, headers=dict(headers), json=initialize(), timeout=30).raise_for_status()
    session = {"MCP-Protocol-Version": SESSION}
    if (named := answer.headers.get("mcp-session-id")) is not None:
        session["Mcp-Session-Id"] = named
    ready = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    # A server without sessions may have nothing to do with a notification, and say so.
    httpx.post(url, headers={**headers, **session}, json=ready, timeout=30)
    return session
