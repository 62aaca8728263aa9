"""The ASGI lifespan: what a server that speaks it, as uvicorn does, lets this room do before it ends."""

import asyncio
from typing import Any

from mcp_endpoint import ledger
from mcp_endpoint.wire import Receive, Send
from oauth_bridge import attempts


async def lifespan(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """Write the last rows of the ledger and of the flight recorder at shutdown."""
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            await asyncio.to_thread(ledger.stop)
            await asyncio.to_thread(attempts.stop)
            await send({"type": "lifespan.shutdown.complete"})
            return
