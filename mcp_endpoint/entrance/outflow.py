"""The way out of one streamed answer, where ASGI leaves the servers free: a client that does not read is cut.

uvicorn lets `send` wait while its buffer is full, for ever. Daphne never waits and buffers without end; Twisted tells
who asks when its buffer is full. Neither lets an application break off a connection whose client takes nothing.
"""

import asyncio
import functools
import socket
import struct
from typing import Any

from mcp_endpoint.conf import conf
from mcp_endpoint.wire import Send


class ClientStalledError(ConnectionError):
    """The client has read nothing for `MCP_SEND_TIMEOUT` seconds; its connection was broken off."""


class Outflow:
    """One stream's chunks on their way. As uvicorn does it: `send` itself waits for room."""

    def __init__(self, send: Send) -> None:
        self._send = send

    async def send(self, message: dict[str, Any]) -> None:
        """Send a chunk; raises `ClientStalledError` when there is no room for it in time."""
        try:
            async with asyncio.timeout(conf().limits.send_timeout):
                await self._wait()
                await self._send(message)
        except TimeoutError:
            break_off(self._send)
            raise ClientStalledError("the client does not read") from None

    async def finish(self, message: dict[str, Any]) -> None:
        """Send the last chunk."""
        await self.send(message)

    async def _wait(self) -> None:
        """Wait until there is room."""


class TwistedOutflow(Outflow):
    """The same under Daphne: a push producer (twisted.internet.interfaces.IPushProducer) of its request."""

    def __init__(self, send: Send, request: Any) -> None:
        super().__init__(send)
        self._request = request
        self._room = asyncio.Event()
        self._room.set()
        if request.channel is not None:  # or its client has left
            request.registerProducer(self, True)

    async def finish(self, message: dict[str, Any]) -> None:
        if self._request.channel is not None:
            self._request.unregisterProducer()
        await super().finish(message)

    async def _wait(self) -> None:
        await self._room.wait()

    def pauseProducing(self) -> None:  # noqa: N802  (Twisted's name)
        """The buffer is full."""
        self._room.clear()

    def resumeProducing(self) -> None:  # noqa: N802
        """There is room again."""
        self._room.set()

    def stopProducing(self) -> None:  # noqa: N802
        """The connection is gone: what is still sent goes nowhere."""
        self._room.set()


def outflow(send: Send) -> Outflow:
    """The way out behind a server's `send`."""
    request = _twisted_request(send)
    return Outflow(send) if request is None else TwistedOutflow(send, request)


def break_off(send: Send) -> None:
    """Break off the connection behind a server's `send`, with whatever is in its buffer.

    Does nothing under a server that we do not know.
    """
    if (request := _twisted_request(send)) is not None:
        abort = getattr(getattr(request.channel, "transport", None), "abortConnection", None)
    else:
        transport: Any = getattr(getattr(send, "__self__", None), "transport", None)
        abort = getattr(transport, "abort", None)
        if abort is not None and (connection := transport.get_extra_info("socket")) is not None:
            # Or the kernel would keep what it has for the client, which takes nothing. Twisted does the same.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    if abort is not None:
        abort()


def _twisted_request(send: Send) -> Any:
    """Daphne's request, which it binds to its `send`; None under another server."""
    request = send.args[0] if isinstance(send, functools.partial) and send.args else None
    return request if hasattr(request, "registerProducer") else None
