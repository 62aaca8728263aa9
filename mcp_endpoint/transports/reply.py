"""The response to one request: plain JSON, or an event stream as soon as something is sent on the way."""

import asyncio
import contextvars
import secrets
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from mcp_endpoint.conf import conf
from mcp_endpoint.state.events import Draft, Event, events
from mcp_endpoint.state.in_flight import in_flight
from mcp_endpoint.state.redis_client import PAUSE, RedisAwayError
from mcp_endpoint.transports.backlog import Backlog
from mcp_endpoint.transports.streams import gone
from mcp_endpoint.wire import (
    JSON_HEADERS,
    KEEP_ALIVE,
    Headers,
    Receive,
    RequestId,
    Send,
    end_stream,
    frame,
    priming_frame,
    respond,
    send_chunk,
    start_stream,
)

_END = b""
"""Stands among the messages where the connection ends: no message is empty."""


@dataclass(frozen=True)
class Resumable:
    """Where the events of a reply are logged for a client that comes back for them."""

    session_id: str
    priming: bool
    """Begin with an empty event, so that the client has an id to resume from (2025-11-25 and later)."""
    due: tuple[RequestId, ...] = ()
    """The requests that it answers."""

    @cached_property
    def stream(self) -> str:
        """A name that no other reply has; most are plain JSON and never need one."""
        return secrets.token_hex(8)


class Outlet(Protocol):
    """Where a running call sends what it has for its client. On the event loop only."""

    def start(self) -> None:
        """Show a sign of life: there is nothing to send yet."""

    def push(self, data: bytes) -> None:
        """Send a message on the way to the result."""

    def close(self) -> None:
        """End the connection where the client can resume; elsewhere it stays open."""

    def finish(self, data: bytes, status: int = 200, headers: Headers = ()) -> None:
        """Give the result, empty when none is due. The first call counts."""


class Reply:
    """Collects what a call sends; whoever holds the HTTP request delivers it with `deliver`."""

    def __init__(
        self,
        send: Send,
        *,
        headers: Headers = (),
        resumable: Resumable | None = None,
        receive: Receive | None = None,
        abort: Callable[[], object] = lambda: None,
        on_cut: Callable[[], object] = lambda: None,
    ) -> None:
        self._send = send
        self._headers = headers
        self._resumable = resumable
        self._receive = receive
        """Tells when the client of a resumable stream has left, whose server may take what is sent to nobody."""
        self._abort = abort
        self._on_cut = on_cut
        self._final: tuple[int, bytes, Headers] | None = None
        self._writer: asyncio.Task[None] | None = None
        self._left: asyncio.Task[None] | None = None
        self._settled: asyncio.Future[None] | None = None
        self._attached = True

    # Most replies are no streams, and need none of these.

    @cached_property
    def _pending(self) -> Backlog:
        """What is still to be sent or, when its client is gone, to be logged."""
        return Backlog()

    @cached_property
    def _wake(self) -> asyncio.Event:
        """Set when there is something for the writer to do."""
        return asyncio.Event()

    @cached_property
    def _over(self) -> asyncio.Event:
        """Set when the connection has been given all that it will be."""
        return asyncio.Event()

    @property
    def streaming(self) -> bool:
        """Whether the response has become an event stream."""
        return self._writer is not None

    def start(self) -> None:
        """Turn the response into an event stream now, with nothing to send yet."""
        if self._writer is None and self._final is None:
            # An empty context: the writer outlives the HTTP request when the client may resume.
            loop, context = asyncio.get_running_loop(), contextvars.Context()
            self._writer = loop.create_task(self._write(), context=context)
            if self._resumable is not None and self._receive is not None:
                self._left = loop.create_task(gone(self._receive), context=context)
                self._left.add_done_callback(self._on_left)
            self._settle()

    def push(self, data: bytes) -> None:
        """Send a message on the way to the result. On the event loop only."""
        if self._final is not None:
            return  # the result is out: a late message has no stream to ride
        self.start()
        if self._attached and self._pending.is_full:
            self.detach()
            self._abort()  # an orderly end would wait behind all that the client does not read
            self._on_cut()
        if self._attached or self._resumable is not None:
            self._enqueue(data)

    def finish(self, data: bytes, status: int = 200, headers: Headers = ()) -> None:
        """Give the result; status and headers reach only a client whose stream has not begun."""
        if self._final is None:
            self._final = (status, data, headers)
            if self.streaming:
                self._enqueue(data)
            self._settle()

    def detach(self) -> None:
        """Send nothing more to this client; what still comes is logged where it can be resumed."""
        self._attached = False
        self._enqueue(_END)

    def close(self) -> None:
        """End the connection of a client that knows how to resume, before the result is there."""
        if self._resumable is not None and self._resumable.priming:
            self.start()
            self._enqueue(_END)

    async def deliver(self) -> None:
        """Wait for the result and see all of it sent, or the connection ended."""
        if self._final is None and self._writer is None:
            self._settled = asyncio.get_running_loop().create_future()
            await self._settled
        if self._writer is not None:
            await self._over.wait()
        elif self._final is not None:
            status, body, headers = self._final
            await respond(self._send, status, body, (*JSON_HEADERS, *self._headers, *headers))

    def _enqueue(self, data: bytes) -> None:
        self._pending.add(data)
        self._wake.set()

    def _on_left(self, left: "asyncio.Task[None]") -> None:
        """The client has gone: what is sent from now on reaches nobody, and must be in the log."""
        if not left.cancelled():
            self._attached = False
            self._over.set()

    def _settle(self) -> None:
        if self._settled is not None and not self._settled.done():
            self._settled.set_result(None)

    async def _write(self) -> None:
        """The one task that writes the stream. Goes on, for the log alone, when the connection has ended."""
        try:
            await self._attempt(start_stream(self._send, self._headers))
            if self._resumable is not None and self._resumable.priming:
                await self._emit(b"")
            while self._pending or self._final is None:
                if not self._pending:
                    self._wake.clear()
                    await self._rest()
                elif (data := self._pending.take()) == _END:
                    await self._end()
                else:
                    await self._emit(data)
            await self._end()
            if self._resumable is not None:
                await self._end_log(self._resumable)
        finally:
            self._over.set()
            if self._left is not None:
                self._left.cancel()

    async def _end(self) -> None:
        self._attached = False
        if not self._over.is_set():
            self._over.set()
            await self._attempt(end_stream(self._send, come_again=in_flight().stopping))

    async def _rest(self) -> None:
        """Wait for something to send, with a sign of life now and then for proxies that cut silent streams."""
        if self._over.is_set():
            await self._wake.wait()
            return
        try:
            async with asyncio.timeout(conf().keep_alive):
                await self._wake.wait()
        except TimeoutError:
            await self._attempt(send_chunk(self._send, KEEP_ALIVE))

    async def _emit(self, data: bytes) -> None:
        if self._resumable is None:
            framed = frame(data)
        else:
            event = await self._log(self._resumable, data)
            if event is None:
                framed = frame(data) if data else b""
            else:
                framed = frame(data, event.id) if data else priming_frame(event.id)
        if self._attached:
            await self._attempt(send_chunk(self._send, framed))

    async def _attempt(self, sending: Awaitable[None]) -> None:
        """Send something; a client that takes nothing has been cut off then."""
        try:
            await sending
        except ConnectionError:
            self._attached = False
            self._over.set()
            if self._final is None:
                self._on_cut()

    async def _log(self, kept: Resumable, data: bytes) -> Event | None:
        """Log an event. None while the log is away and the client is not: then it is told, and cannot resume there."""
        draft = Draft(data, kept.due)
        while True:
            try:
                return await events().append(kept.session_id, kept.stream, draft)
            except RedisAwayError:
                if self._attached:
                    return None
                await asyncio.sleep(PAUSE)

    async def _end_log(self, kept: Resumable) -> None:
        while True:
            with suppress(RedisAwayError):
                return await events().end(kept.session_id, kept.stream)
            await asyncio.sleep(PAUSE)
