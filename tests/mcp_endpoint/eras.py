"""Clients that speak each era of MCP to an application in this process."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from tests.mcp_endpoint.driver import Answer, Application, Conversation, Json, open_request

MODERN = "2026-07-28"
LATEST = "2025-11-25"
BOTH = "application/json, text/event-stream"
PREFIX = "io.modelcontextprotocol/"
NAMED = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}
ANYTHING: Json = {"elicitation": {"form": {}, "url": {}}, "sampling": {}, "roots": {}}
"""Capabilities of a client that answers every question."""

Headers = Mapping[str, str | None]


def raw(headers: Headers) -> list[tuple[bytes, bytes]]:
    """Headers as ASGI carries them; those that are None are left out."""
    return [
        (name.lower().encode("latin-1"), value.encode("latin-1"))
        for name, value in headers.items()
        if value is not None
    ]


def request(method: str, params: Json | None = None, id: int | str = 1) -> Json:
    """A JSON-RPC request."""
    message: Json = {"jsonrpc": "2.0", "id": id, "method": method}
    return message if params is None else {**message, "params": params}


def notification(method: str, params: Json | None = None) -> Json:
    """A JSON-RPC notification."""
    message = request(method, params)
    del message["id"]
    return message


@dataclass
class Client:
    """Somebody's client. The application knows them by their token."""

    application: Application
    token: str | None = "alice"
    path: str = "/mcp"
    ids: "count[int]" = field(default_factory=lambda: count(1))

    def headers(self, extra: Headers | None = None) -> list[tuple[bytes, bytes]]:
        """The headers of every request, with some changed, added or (None) left out."""
        usual: Headers = {
            "host": "localhost:8000",
            "authorization": f"Bearer {self.token}" if self.token is not None else None,
            "content-type": "application/json",
            "accept": BOTH,
        }
        return raw({**usual, **{name.lower(): value for name, value in (extra or {}).items()}})

    def open(
        self, body: Any, headers: Headers | None = None, *, path: str | None = None, query: str = ""
    ) -> Conversation:
        """Begin a POST; anything but bytes is sent as JSON."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return open_request(self.application, "POST", path or self.path, self.headers(headers), data, query)

    async def post(self, body: Any, headers: Headers | None = None, **options: Any) -> Answer:
        """POST and wait for the whole answer."""
        return await self.open(body, headers, **options).answer()

    def send(self, method: str, headers: Headers | None = None, path: str | None = None) -> Conversation:
        """Begin a request of another HTTP method."""
        return open_request(self.application, method, path or self.path, self.headers(headers))

    # --- 2026-07-28 ---------------------------------------------------------------------------

    def open_modern(
        self,
        method: str,
        params: Json | None = None,
        *,
        id: int | str | None = None,
        capabilities: Json | None = None,
        meta: Json | None = None,
        headers: Headers | None = None,
    ) -> Conversation:
        """Begin a request of the 2026 era, with its envelope and headers."""
        envelope = {
            f"{PREFIX}protocolVersion": MODERN,
            f"{PREFIX}clientCapabilities": capabilities or {},
            **(meta or {}),
        }
        message = request(method, {**(params or {}), "_meta": envelope}, next(self.ids) if id is None else id)
        name = (params or {}).get(NAMED.get(method, ""))
        routing: Headers = {"mcp-protocol-version": MODERN, "mcp-method": method, "mcp-name": name}
        return self.open(message, {**routing, **(headers or {})})

    async def modern(self, method: str, params: Json | None = None, **options: Any) -> Answer:
        """A request of the 2026 era and its whole answer."""
        return await self.open_modern(method, params, **options).answer()

    async def call(self, tool: str, arguments: Json | None = None, **options: Any) -> Answer:
        """A tool call of the 2026 era."""
        return await self.modern("tools/call", {"name": tool, "arguments": arguments or {}}, **options)

    # --- 2025 ---------------------------------------------------------------------------------

    async def initialize(self, version: str = LATEST, capabilities: Json | None = None) -> Answer:
        """The handshake of the 2025 era."""
        params = {
            "protocolVersion": version,
            "capabilities": capabilities or {},
            "clientInfo": {"name": "tests", "version": "1"},
        }
        return await self.post(request("initialize", params, 0))

    async def session(self, version: str = LATEST, capabilities: Json | None = None) -> "Session":
        """A session that is ready for requests."""
        answer = await self.initialize(version, capabilities)
        session = Session(self, answer.headers["mcp-session-id"], version)
        assert (await session.post(notification("notifications/initialized"))).status == 202
        return session


@dataclass
class Session:
    """A session of the 2025 era."""

    client: Client
    id: str
    version: str = LATEST

    def headers(self, extra: Headers | None = None) -> Headers:
        """The headers of every request of the session."""
        version = self.version if self.version >= "2025-06-18" else None
        return {"mcp-session-id": self.id, "mcp-protocol-version": version, **(extra or {})}

    def open(self, body: Any, headers: Headers | None = None) -> Conversation:
        """Begin a POST."""
        return self.client.open(body, self.headers(headers))

    async def post(self, body: Any, headers: Headers | None = None) -> Answer:
        """POST and wait for the whole answer."""
        return await self.open(body, headers).answer()

    def open_call(
        self, tool: str, arguments: Json | None = None, id: int | str | None = None, meta: Json | None = None
    ) -> Conversation:
        """Begin a tool call."""
        params: Json = {"name": tool, "arguments": arguments or {}}
        if meta is not None:
            params["_meta"] = meta
        return self.open(request("tools/call", params, next(self.client.ids) if id is None else id))

    async def call(self, tool: str, arguments: Json | None = None, **options: Any) -> Answer:
        """A tool call and its whole answer."""
        return await self.open_call(tool, arguments, **options).answer()

    async def ask(self, method: str, params: Json | None = None) -> Answer:
        """Any request and its whole answer."""
        return await self.post(request(method, params, next(self.client.ids)))

    async def reply(self, question: Json, **outcome: Any) -> Answer:
        """Answer a question of the server: `result=…` or `error=…`."""
        return await self.post({"jsonrpc": "2.0", "id": question["id"], **outcome})

    async def listen(self, last_event_id: str | None = None) -> Conversation:
        """Open the GET stream, or resume one."""
        stream = self.client.send("GET", self.headers({"last-event-id": last_event_id}))
        await stream.started()
        return stream
