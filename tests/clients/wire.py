"""MCP in plain HTTP: requests of each era as bytes on the wire, well-formed unless a test spoils them."""

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any

import httpx

from tests.live import NO_AUTHORITIES, SHORT_IDLE

MODERN = "2026-07-28"
LATEST_LEGACY = "2025-11-25"
PREFIX = "io.modelcontextprotocol/"
BOTH = "application/json, text/event-stream"
NAME_PARAMETER = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}

PARSE_ERROR, INVALID_REQUEST, METHOD_NOT_FOUND, INVALID_PARAMS = -32700, -32600, -32601, -32602
HEADER_MISMATCH, UNSUPPORTED_VERSION, RESOURCE_NOT_FOUND = -32020, -32022, -32002

ERA_HEADERS: dict[str, dict[str, str | None]] = {
    "2026-07-28": {"MCP-Protocol-Version": MODERN, "Mcp-Method": "tools/list"},
    "2025-11-25": {},
}
"""Headers that begin a request of each era."""

Json = dict[str, Any]


@dataclass(frozen=True)
class Event:
    """One server-sent event."""

    data: str
    id: str | None = None
    name: str = "message"
    retry: int | None = None

    @property
    def message(self) -> Json:
        """Its data as a JSON-RPC message; empty for a priming event."""
        return json.loads(self.data) if self.data else {}


def events(response: httpx.Response) -> Iterator[Event]:
    """Events of a stream as they come; comments are left out (HTML §9.2.6)."""
    block = _Block()
    for line in response.iter_lines():
        if (event := block.add(line)) is not None:
            yield event


async def async_events(response: httpx.Response) -> AsyncIterator[Event]:
    """The same of a response of an AsyncClient."""
    block = _Block()
    async for line in response.aiter_lines():
        if (event := block.add(line)) is not None:
            yield event


class _Block:
    """The lines of one event."""

    def __init__(self) -> None:
        self._fields: dict[str, str] = {}

    def add(self, line: str) -> Event | None:
        """The event that this line ends, when it ends one."""
        if line:
            field, _, value = line.partition(":")
            value = value.removeprefix(" ")
            again = field == "data" and "data" in self._fields
            self._fields[field] = f"{self._fields[field]}\n{value}" if again else value
            return None
        fields, self._fields = self._fields, {}
        if "data" not in fields and "id" not in fields:
            return None
        retry = int(fields["retry"]) if "retry" in fields else None
        return Event(fields.get("data", ""), fields.get("id"), fields.get("event", "message"), retry)


def messages(response: httpx.Response) -> list[Json]:
    """Every JSON-RPC message of a finished response, whether JSON or an event stream."""
    if response.headers["Content-Type"].startswith("text/event-stream"):
        response = httpx.Response(200, text=response.text)
        return [event.message for event in events(response) if event.data]
    found = response.json()
    return found if isinstance(found, list) else [found]


def answer(response: httpx.Response) -> Json:
    """The JSON-RPC response among the messages."""
    return next(message for message in messages(response) if "result" in message or "error" in message)


def refused(response: httpx.Response, status: int, code: int | None = None) -> Json:
    """The JSON-RPC error of a refusal with that status; a code of None takes any."""
    assert response.status_code == status, response.text
    assert response.headers["Content-Type"].partition(";")[0] == "application/json"
    body = response.json()
    assert body["jsonrpc"] == "2.0"
    assert isinstance(body["error"]["message"], str)
    assert isinstance(body["error"]["code"], int)
    assert code is None or body["error"]["code"] == code, body
    error: Json = body["error"]
    return error


def challenge(response: httpx.Response) -> dict[str, str]:
    """Parameters of a Bearer challenge (RFC 6750 §3)."""
    scheme, _, parameters = response.headers["WWW-Authenticate"].partition(" ")
    assert scheme == "Bearer"
    pairs = (part.split("=", 1) for part in parameters.split('", '))
    return {name.strip(): value.strip('"') for name, value in pairs}


class Wire:
    """One bearer token's requests to one path; no token when it is None. They take their JSON-RPC ids from `ids`.

    Where another one's belong to the same session, so must their ids: a session has each of them once.
    """

    def __init__(self, base_url: str, token: str | None, path: str = "/mcp", ids: Iterator[int] | None = None) -> None:
        self.path = path
        self.http = httpx.Client(base_url=base_url, timeout=30, verify=NO_AUTHORITIES, limits=SHORT_IDLE)
        if token is not None:
            self.http.headers["Authorization"] = f"Bearer {token}"
        self._ids = ids or count(1)

    def post(
        self, body: Any, headers: Mapping[str, str | None] | None = None, path: str | None = None
    ) -> httpx.Response:
        """Send a body, JSON unless it is bytes; a header of None is left out."""
        return self.http.send(self.request(body, headers, path))

    @contextmanager
    def stream(self, body: Any, headers: Mapping[str, str | None] | None = None) -> Iterator[httpx.Response]:
        """The same, with the response open."""
        response = self.http.send(self.request(body, headers), stream=True)
        try:
            yield response
        finally:
            response.close()

    def request(
        self, body: Any, headers: Mapping[str, str | None] | None = None, path: str | None = None
    ) -> httpx.Request:
        """The HTTP request for a body."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        given = {"Content-Type": "application/json", "Accept": BOTH, **(headers or {})}
        kept = {name.encode(): value.encode("latin-1") for name, value in given.items() if value is not None}
        request = self.http.build_request("POST", path or self.path, content=content, headers=kept)
        for name in (name for name, value in given.items() if value is None):
            request.headers.pop(name, None)
        return request

    def call(self, tool: str, _headers: Mapping[str, str | None] | None = None, **arguments: Any) -> httpx.Response:
        """Call a tool in the 2026-07-28 era."""
        return self.modern("tools/call", {"name": tool, "arguments": arguments}, _headers)

    def modern(
        self, method: str, params: Json | None = None, headers: Mapping[str, str | None] | None = None
    ) -> httpx.Response:
        """A 2026-07-28 request with the `_meta` and headers that it must have."""
        body = self.modern_body(method, params)
        return self.post(body, {**modern_headers(body), **(headers or {})})

    def modern_body(self, method: str, params: Json | None = None) -> Json:
        """A 2026-07-28 request, its `_meta` complete; what `params` has in `_meta` comes on top."""
        own = (params or {}).get("_meta", {})
        meta = {f"{PREFIX}protocolVersion": MODERN, f"{PREFIX}clientCapabilities": {}, **own}
        return self.body(method, {**(params or {}), "_meta": meta})

    def body(self, method: str, params: Json | None = None) -> Json:
        """A JSON-RPC request with the next id."""
        request: Json = {"jsonrpc": "2.0", "id": next(self._ids), "method": method}
        return request if params is None else {**request, "params": params}

    def initialize(
        self, version: str = LATEST_LEGACY, capabilities: Json | None = None, **headers: str
    ) -> httpx.Response:
        """The first request of a 2025 session."""
        params = {
            "protocolVersion": version,
            "capabilities": capabilities or {},
            "clientInfo": {"name": "wire", "version": "1"},
        }
        return self.post(self.body("initialize", params), headers)

    def session(self, version: str = LATEST_LEGACY, capabilities: Json | None = None) -> "Session":
        """An initialized session of the 2025 era."""
        first = self.initialize(version, capabilities)
        assert first.status_code == 200, first.text
        session = Session(self, first.headers["Mcp-Session-Id"], version)
        assert session.notify("notifications/initialized").status_code == 202
        return session


class Session:
    """A 2025 session: every request carries its id and version."""

    def __init__(self, wire: Wire, session_id: str, version: str) -> None:
        self.wire = wire
        self.id = session_id
        self.headers: dict[str, str | None] = {"Mcp-Session-Id": session_id}
        if version != "2025-03-26":  # the version header came with 2025-06-18
            self.headers["MCP-Protocol-Version"] = version

    def send(self, method: str, params: Json | None = None) -> httpx.Response:
        """A request, answered."""
        return self.wire.post(self.wire.body(method, params), self.headers)

    def call(self, tool: str, **arguments: Any) -> httpx.Response:
        """Call a tool."""
        return self.send("tools/call", {"name": tool, "arguments": arguments})

    def notify(self, method: str, params: Json | None = None) -> httpx.Response:
        """A notification."""
        body: Json = {"jsonrpc": "2.0", "method": method}
        return self.wire.post(body if params is None else {**body, "params": params}, self.headers)

    @contextmanager
    def listen(self, last_event_id: str | None = None) -> Iterator[httpx.Response]:
        """The GET stream; from after an event when its id is given."""
        headers = {name: value for name, value in self.headers.items() if value is not None}
        headers["Accept"] = "text/event-stream"
        if last_event_id is not None:
            headers["Last-Event-ID"] = last_event_id
        with self.wire.http.stream("GET", self.wire.path, headers=headers) as response:
            yield response

    def end(self) -> httpx.Response:
        """DELETE the session."""
        headers = {name: value for name, value in self.headers.items() if value is not None}
        return self.wire.http.delete(self.wire.path, headers=headers)


def modern_headers(body: Json) -> dict[str, str | None]:
    """Headers that a 2026-07-28 request body must come with (streamable HTTP, standard request headers)."""
    headers: dict[str, str | None] = {"MCP-Protocol-Version": MODERN, "Mcp-Method": body["method"]}
    parameter = NAME_PARAMETER.get(body["method"])
    if parameter and parameter in body.get("params", {}):
        headers["Mcp-Name"] = body["params"][parameter]
    return headers
