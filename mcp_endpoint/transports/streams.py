"""Long event streams: served until their source ends, their client leaves, their access ends, or the server stops."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable

from mcp_endpoint.conf import conf
from mcp_endpoint.state.in_flight import in_flight
from mcp_endpoint.wire import KEEP_ALIVE, Headers, Receive, Send, end_stream, send_chunk, start_stream
from oauth_bridge.principal import Principal


async def gone(receive: Receive) -> None:
    """Return when the client has disconnected."""
    while (await receive())["type"] != "http.disconnect":
        pass


def expires_in(principal: Principal) -> float:
    """Seconds until the caller's credential ends."""
    return max(0.0, principal.expires_at - time.time())


async def _nothing() -> None:
    """What there is to check of a caller who cannot lose access."""


async def serve_stream(
    receive: Receive,
    send: Send,
    principal: Principal,
    source: AsyncIterator[bytes],
    headers: Headers = (),
    *,
    check: Callable[[], Awaitable[None]] = _nothing,
) -> None:
    """Send frames until the source ends, the client leaves, its access ends or expires, or the server stops.

    `check` raises when the caller's access ended since they were let in; what ends it later is heard of. Raises what
    that does, and `HttpError` 429 or 503 when there are as many streams as there may be.
    """
    with in_flight().stream(principal) as place:
        ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        place.end = lambda reason: ended.cancel()
        await check()
        await start_stream(send, headers)
        pump = asyncio.ensure_future(_pump(source, send))
        left = asyncio.ensure_future(gone(receive))
        waited = {pump, left, ended}
        try:
            await asyncio.wait(waited, timeout=expires_in(principal), return_when=asyncio.FIRST_COMPLETED)
        finally:
            pump.cancel()
            left.cancel()
            await asyncio.wait({pump, left})
        if not pump.cancelled() and (error := pump.exception()) is not None:
            raise error
        await end_stream(send, come_again=in_flight().stopping)


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
