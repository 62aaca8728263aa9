"""Open connections of this process: long event streams, and how they end when access does."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from typing import Any

from mcp_endpoint.bus import MISSED, Message, announce, bus
from mcp_endpoint.conf import conf
from mcp_endpoint.executor import run_at_gate
from mcp_endpoint.per_loop import PerLoop
from mcp_endpoint.wire import KEEP_ALIVE, Headers, Receive, Send, end_stream, send_chunk, start_stream
from oauth_bridge.principal import Principal
from oauth_bridge.standing import without_access

ENDED = "access_ended"


class OpenStreams:
    """What to call, by Connection, when access ends while something is open."""

    def __init__(self) -> None:
        self._closers: dict[int, set[Callable[[], object]]] = {}
        self._checks: set[asyncio.Task[None]] = set()
        bus().subscribe(ENDED, self._on_ended)
        bus().subscribe(MISSED, self._on_missed)

    @contextmanager
    def holding(self, connection_id: int, close: Callable[[], object]) -> Iterator[None]:
        """Call `close` if the Connection's access ends while the block runs."""
        held = self._closers.setdefault(connection_id, set())
        held.add(close)
        try:
            yield
        finally:
            held.discard(close)
            if not held:
                self._closers.pop(connection_id, None)

    def __len__(self) -> int:
        """Streams that are open and calls that run."""
        return sum(map(len, list(self._closers.values())))

    def _on_ended(self, message: Message) -> None:
        for connection_id in message["connections"]:
            for close in list(self._closers.get(connection_id, ())):
                close()

    def _on_missed(self, message: Message) -> None:
        # Kept, or the loop might forget it.
        check = asyncio.ensure_future(self._end_what_ended())
        self._checks.add(check)
        check.add_done_callback(self._checks.discard)

    async def _end_what_ended(self) -> None:
        """End what notices that were lost would have ended."""
        ended = await run_at_gate(without_access, list(self._closers))
        self._on_ended({"connections": sorted(ended)})


open_streams = PerLoop(OpenStreams)
"""The open streams of the running event loop."""


def on_access_ended(sender: object, connection_ids: frozenset[int], **_: Any) -> None:
    """Receiver of `oauth_bridge.signals.access_ended`: end these connections' streams in every process."""
    announce(ENDED, connections=sorted(connection_ids))


async def gone(receive: Receive) -> None:
    """Return when the client has disconnected."""
    while (await receive())["type"] != "http.disconnect":
        pass


def expires_in(principal: Principal) -> float:
    """Seconds until the caller's credential ends."""
    return max(0.0, principal.expires_at - time.time())


async def serve_stream(
    receive: Receive, send: Send, principal: Principal, source: AsyncIterator[bytes], headers: Headers = ()
) -> None:
    """Send frames until the source ends, the client leaves, or its access ends or expires."""
    await start_stream(send, headers)
    pump = asyncio.ensure_future(_pump(source, send))
    left = asyncio.ensure_future(gone(receive))
    try:
        with open_streams().holding(principal.connection_id, pump.cancel):
            await asyncio.wait({pump, left}, timeout=expires_in(principal), return_when=asyncio.FIRST_COMPLETED)
    finally:
        pump.cancel()
        left.cancel()
        await asyncio.wait({pump, left})
    if not pump.cancelled() and (error := pump.exception()) is not None:
        raise error
    await end_stream(send)


async def _pump(source: AsyncIterator[bytes], send: Send) -> None:
    following = asyncio.ensure_future(anext(source, None))
    try:
        while True:
            done, _ = await asyncio.wait({following}, timeout=conf().keep_alive)
            if not done:
                await send_chunk(send, KEEP_ALIVE)
            elif (data := following.result()) is None:
                return
            else:
                await send_chunk(send, data)
                following = asyncio.ensure_future(anext(source, None))
    finally:
        following.cancel()
