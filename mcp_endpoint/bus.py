"""Tells every process of this site what happened, over the Channels layer.

Messages are small dicts with a `kind`; each process handles them for the streams and calls that it holds.
"""

import asyncio
import contextvars
import logging
from collections.abc import Callable
from typing import Any, cast

from channels.layers import get_channel_layer

from mcp_endpoint.per_loop import PerLoop

logger = logging.getLogger(__name__)

GROUP = "mcp_endpoint"
RENEWAL = 3600
"""Seconds between two joinings of the group: layers drop a member that joined a day ago (`group_expiry`)."""
Message = dict[str, Any]
Handler = Callable[[Message], None]


class Bus:
    """One event loop's membership in the group of all processes."""

    def __init__(self) -> None:
        self._handlers: dict[str, list[Handler]] = {}
        self._loop = asyncio.get_running_loop()
        self._layer = cast(Any, get_channel_layer())
        self._joined: asyncio.Task[str] | None = None
        self._tasks: list[asyncio.Task[None]] = []

    def subscribe(self, kind: str, handler: Handler) -> Callable[[], None]:
        """Call `handler` on this loop for each message of a kind; returns what undoes it."""
        self._handlers.setdefault(kind, []).append(handler)
        self._start()
        return lambda: self._handlers[kind].remove(handler)

    async def publish(self, kind: str, **message: Any) -> None:
        """Send a message to every process, this one included."""
        await self._start()
        await self._layer.group_send(GROUP, {"type": "mcp", "kind": kind, **message})

    def publish_soon(self, kind: str, **message: Any) -> None:
        """Publish from plain code on any thread, without waiting."""
        asyncio.run_coroutine_threadsafe(self.publish(kind, **message), self._loop)

    def _start(self) -> "asyncio.Task[str]":
        if self._joined is None:
            # An empty context: the listener outlives the request that starts it.
            self._joined = self._loop.create_task(self._join(), context=contextvars.Context())
        return self._joined

    async def _join(self) -> str:
        channel = cast(str, await self._layer.new_channel())
        await self._layer.group_add(GROUP, channel)
        for work in (self._listen(channel), self._renew(channel)):
            self._tasks.append(self._loop.create_task(work, context=contextvars.Context()))
        return channel

    async def _renew(self, channel: str) -> None:
        while True:
            await asyncio.sleep(RENEWAL)
            await self._layer.group_add(GROUP, channel)

    async def _listen(self, channel: str) -> None:
        while True:
            message = await self._layer.receive(channel)
            for handler in list(self._handlers.get(message["kind"], ())):
                try:
                    handler(message)
                except Exception:
                    logger.exception("bus handler for %r raised", message["kind"])


bus = PerLoop(Bus)
"""The bus of the running event loop."""


def announce(kind: str, **message: Any) -> None:
    """Publish from synchronous Django code, whichever thread or process it runs in."""
    if (running := bus.of_a_running_loop()) is not None:
        running.publish_soon(kind, **message)
        return
    from asgiref.sync import async_to_sync  # only where no server loop runs, as in a management command

    layer = cast(Any, get_channel_layer())
    async_to_sync(layer.group_send)(GROUP, {"type": "mcp", "kind": kind, **message})
