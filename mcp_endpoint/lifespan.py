"""The ASGI lifespan: what a server that speaks it, as uvicorn does, lets this room do when it starts and ends."""

from collections.abc import Awaitable, Callable
from typing import Any

from mcp_endpoint.stop import stop
from mcp_endpoint.wire import Receive, Send


def lifespan(started: Callable[[], object]) -> Callable[[dict[str, Any], Receive, Send], Awaitable[None]]:
    """The application of the lifespan scope, which calls `started` on the server's event loop."""

    async def application(scope: dict[str, Any], receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                started()
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                await stop().begin()
                await send({"type": "lifespan.shutdown.complete"})
                return

    return application
