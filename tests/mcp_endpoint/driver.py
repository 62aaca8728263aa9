"""Drives an ASGI application in the test's own event loop, one HTTP request at a time, and holds it to ASGI's rules."""

import asyncio
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

PATIENCE = 30.0
"""Seconds after which a test that waits for something fails."""

Application = Any
Json = dict[str, Any]
RawHeaders = Iterable[tuple[bytes, bytes]]


@dataclass(frozen=True)
class Event:
    """One event of an event stream, or a comment."""

    data: str = ""
    id: str | None = None
    name: str = "message"
    retry: int | None = None
    comment: str | None = None

    @property
    def json(self) -> Json:
        """The JSON-RPC message that it carries."""
        message: Json = json.loads(self.data)
        return message


def parse_event(text: str) -> Event:
    """One block of an event stream (HTML §9.2.6)."""
    if text.startswith(":"):
        return Event(comment=text[1:].strip())
    fields: dict[str, str] = {}
    for line in text.split("\r\n"):
        name, _, value = line.partition(":")
        fields[name] = value.removeprefix(" ")
    return Event(
        data=fields.get("data", ""),
        id=fields.get("id"),
        name=fields.get("event", "message"),
        retry=int(fields["retry"]) if "retry" in fields else None,
    )


@dataclass(frozen=True)
class Answer:
    """A whole HTTP response."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Json:
        """The body, which must say that it is JSON."""
        assert self.headers["content-type"] == "application/json"
        parsed: Json = json.loads(self.body)
        return parsed

    @property
    def result(self) -> Json:
        """The result of a response that is no error."""
        assert "result" in self.json, self.json
        found: Json = self.json["result"]
        return found

    @property
    def error(self) -> Json:
        """The error of an error response."""
        found: Json = self.json["error"]
        return found

    @property
    def events(self) -> list[Event]:
        """The events of a stream that ended."""
        assert self.headers["content-type"] == "text/event-stream"
        return [parse_event(block) for block in self.body.decode().split("\r\n\r\n") if block]

    @property
    def messages(self) -> list[Json]:
        """The JSON-RPC messages of a stream that ended; priming events and comments are left out."""
        return [event.json for event in self.events if event.data]


@dataclass
class Conversation:
    """A request on its way and what has come back so far."""

    application: Application
    scope: Json
    incoming: "asyncio.Queue[Json]" = field(default_factory=asyncio.Queue)
    start: Json | None = None
    body: bytearray = field(default_factory=bytearray)
    ended: bool = False
    faults: list[str] = field(default_factory=list)
    paused: asyncio.Event = field(default_factory=asyncio.Event)
    task: "asyncio.Task[None] | None" = None
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _read: int = 0

    def begin(self) -> "Conversation":
        """Let the application serve the request."""
        self.paused.set()
        self.task = asyncio.ensure_future(self.application(self.scope, self.incoming.get, self._send))
        self.task.add_done_callback(lambda _: self._news.set())
        return self

    def feed(self, body: bytes, more: bool = False) -> None:
        """Send a part of the request body."""
        self.incoming.put_nowait({"type": "http.request", "body": body, "more_body": more})

    def leave(self) -> None:
        """Disconnect."""
        self.incoming.put_nowait({"type": "http.disconnect"})

    async def _send(self, message: Json) -> None:
        await self.paused.wait()
        if message["type"] == "http.response.start":
            if self.start is not None:
                self.faults.append("the response starts a second time")
            self.start = message
        elif self.start is None:
            self.faults.append("a body comes before the response starts")
        elif self.ended:
            self.faults.append("a body comes after the response ended")
        else:
            self.body += message.get("body", b"")
            self.ended = not message.get("more_body", False)
        self._news.set()

    async def _until(self, condition: Any) -> None:
        async with asyncio.timeout(PATIENCE):
            while not condition():
                if self.task is not None and self.task.done():
                    break
                self._news.clear()
                await self._news.wait()
        if self.task is not None and self.task.done():
            self.task.result()
        assert condition(), "the application ended before that"

    async def started(self) -> int:
        """Wait for the headers; the status."""
        await self._until(lambda: self.start is not None)
        assert self.start is not None
        status: int = self.start["status"]
        return status

    @property
    def headers(self) -> dict[str, str]:
        """The response's headers."""
        assert self.start is not None
        return {name.decode("latin-1"): value.decode("latin-1") for name, value in self.start["headers"]}

    async def event(self) -> Event:
        """Wait for the next event that has not been read yet."""
        await self._until(lambda: b"\r\n\r\n" in self.body[self._read :])
        end = self.body.index(b"\r\n\r\n", self._read)
        text = self.body[self._read : end].decode()
        self._read = end + 4
        return parse_event(text)

    async def message(self) -> Json:
        """Wait for the next JSON-RPC message of the stream."""
        while not (event := await self.event()).data:
            pass
        return event.json

    async def over(self) -> None:
        """Wait for the application to be done with this request, whether it answered or not."""
        assert self.task is not None
        async with asyncio.timeout(PATIENCE):
            await self.task
        assert not self.faults, self.faults

    async def answer(self) -> Answer:
        """Wait for the whole response."""
        await self._until(lambda: self.ended)
        await self.over()
        assert self.start is not None
        return Answer(self.start["status"], self.headers, bytes(self.body))


def open_request(
    application: Application,
    method: str,
    path: str,
    headers: RawHeaders = (),
    body: bytes | None = b"",
    query: str = "",
) -> Conversation:
    """Begin a request. With None for a body, the test feeds it."""
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": query.encode(),
        "headers": list(headers),
    }
    conversation = Conversation(application, scope).begin()
    if body is not None:
        conversation.feed(body)
    return conversation


async def eventually(condition: Any) -> None:
    """Wait, turn by turn of the event loop, until a condition holds."""
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0)
