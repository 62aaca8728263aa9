"""The response to one request: plain JSON, or an event stream as soon as something is sent on the way."""

import asyncio
import contextvars
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from mcp_endpoint.conf import conf
from mcp_endpoint.events import Event, events
from mcp_endpoint.wire import (
    JSON_HEADERS,
    KEEP_ALIVE,
    Headers,
    Send,
    end_stream,
    frame,
    respond,
    send_chunk,
    start_stream,
)

MAX_PENDING = 1000
"""Messages that may wait for a client that does not read; at the next one the stream is cut."""
RETRY = 1000
"""Milliseconds after which a client should resume a stream that this server closed."""


@dataclass(frozen=True, slots=True)
class Resumable:
    """Where the events of a reply are logged for a client that comes back for them."""

    session_id: str
    stream: str
    priming: bool
    """Begin with an empty event, so that the client has an id to resume from (2025-11-25 and later)."""


class Outlet(Protocol):
    """Where a running call sends what it has for its client. On the event loop only."""

    def start(self) -> None:
        """Show a sign of life: there is nothing to send yet."""

    def push(self, data: bytes) -> None:
        """Send a message on the way to the result."""

    def detach(self) -> None:
        """End the connection; what still comes can be resumed where the transport knows how."""

    def finish(self, data: bytes, status: int = 200) -> None:
        """Give the result, empty when none is due. The first call counts."""


class Reply:
    """Collects what a call sends; whoever holds the HTTP request delivers it with `deliver`."""

    def __init__(
        self,
        send: Send,
        *,
        headers: Headers = (),
        resumable: Resumable | None = None,
        on_cut: Callable[[], object] = lambda: None,
    ) -> None:
        self._send = send
        self._headers = headers
        self._resumable = resumable
        self._on_cut = on_cut
        self._pending: deque[bytes] = deque()
        self._final: tuple[int, bytes] | None = None
        self._writer: asyncio.Task[None] | None = None
        self._wake: asyncio.Event | None = None
        self._settled: asyncio.Future[None] | None = None
        self._attached = True

    @property
    def streaming(self) -> bool:
        """Whether the response has become an event stream."""
        return self._writer is not None

    def start(self) -> None:
        """Turn the response into an event stream now, with nothing to send yet."""
        if self._writer is None and self._final is None:
            self._wake = asyncio.Event()
            # An empty context: the writer outlives the HTTP request when the client may resume.
            self._writer = asyncio.get_running_loop().create_task(
                self._write(), context=contextvars.Context()
            )
            self._settle()

    def push(self, data: bytes) -> None:
        """Send a message on the way to the result. On the event loop only."""
        self.start()
        if self._wake is None or self._final is not None:
            return  # the result is out: a late message has no stream to ride
        if len(self._pending) >= MAX_PENDING:
            self.detach()
            self._on_cut()
            return
        self._pending.append(data)
        self._wake.set()

    def finish(self, data: bytes, status: int = 200) -> None:
        """Give the result; a status other than 200 reaches only a client whose stream has not begun."""
        if self._final is not None:
            return
        self._final = (status, data)
        if self._wake is not None:
            if data:
                self._pending.append(data)
            self._wake.set()
        self._settle()

    def detach(self) -> None:
        """Send nothing more to this client; what still comes is logged where it can be resumed."""
        self._attached = False
        if self._wake is not None:
            self._wake.set()

    async def deliver(self) -> None:
        """Wait for the result and see all of it sent, or the client detached."""
        if self._final is None and self._writer is None:
            self._settled = asyncio.get_running_loop().create_future()
            await self._settled
        if self._writer is not None:
            await asyncio.shield(self._writer)
        elif self._final is not None:
            status, body = self._final
            await respond(self._send, status, body, (*JSON_HEADERS, *self._headers))

    def _settle(self) -> None:
        if self._settled is not None and not self._settled.done():
            self._settled.set_result(None)

    async def _write(self) -> None:
        """The one task that writes the stream. Goes on, for the log alone, when the client is detached."""
        assert self._wake is not None  # noqa: S101  (made by start() before this task)
        await start_stream(self._send, self._headers)
        if self._resumable is not None and self._resumable.priming:
            await self._emit(b"")
        ended = False
        while True:
            while self._pending:
                await self._emit(self._pending.popleft())
            if not self._attached and not ended:
                ended = True
                await end_stream(self._send)
            if self._final is not None or (ended and self._resumable is None):
                break
            self._wake.clear()
            if not await self._woken():
                await send_chunk(self._send, KEEP_ALIVE)
        if self._resumable is not None:
            await events().end(self._resumable.session_id, self._resumable.stream)
        if not ended:
            await end_stream(self._send)

    async def _woken(self) -> bool:
        """Whether there is something to do before the client should hear a sign of life."""
        assert self._wake is not None  # noqa: S101  (made by start())
        if not self._attached:
            await self._wake.wait()
            return True
        try:
            async with asyncio.timeout(conf().keep_alive):
                await self._wake.wait()
        except TimeoutError:
            return False
        return True

    async def _emit(self, data: bytes) -> None:
        event: Event | None = None
        if self._resumable is not None:
            event = await events().append(self._resumable.session_id, self._resumable.stream, data)
        if self._attached:
            event_id = event.id if event is not None else None
            await send_chunk(self._send, frame(data, event_id, retry=None if data else RETRY))
