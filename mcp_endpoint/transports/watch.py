"""Watches over a running call of the 2026 era: its client may leave, its access may end, its silence may grow long."""

import asyncio
from collections.abc import Callable

from mcp_endpoint.conf import conf
from mcp_endpoint.patience import patience
from mcp_endpoint.transports.streams import gone
from mcp_endpoint.wire import Receive


class Watch:
    """Cancels the call's task for a reason that `ended` keeps.

    For a moment a call runs unwatched: most are done by then, and need no task and no timers for it.
    """

    def __init__(
        self, receive: Receive, task: "asyncio.Task[object]", start: Callable[[], object], lifetime: float
    ) -> None:
        self.ended: str | None = None
        self._receive = receive
        self._task = task
        self._start = start
        """Gives a sign of life."""
        self._lifetime = lifetime
        self._left: asyncio.Task[None] | None = None
        self._wait = patience().wait(self._begin)
        self._timers: list[asyncio.TimerHandle] = []

    def end(self, reason: str) -> None:
        """End the call, once."""
        if self.ended is None:
            self.ended = reason
            self._task.cancel()

    def stop(self) -> None:
        """The call is over."""
        self._start = _nothing  # the reply that would start holds the watch
        self._wait.cancel()
        for timer in self._timers:
            timer.cancel()
        if self._left is not None:
            self._left.cancel()

    def _begin(self) -> None:
        loop = asyncio.get_running_loop()
        self._timers = [
            loop.call_later(conf().keep_alive, self._start),
            loop.call_later(self._lifetime, self.end, "expired"),
        ]
        self._left = loop.create_task(gone(self._receive))
        self._left.add_done_callback(self._on_left)

    def _on_left(self, left: "asyncio.Task[None]") -> None:
        if not left.cancelled():
            self.end("left")


def _nothing() -> None:
    """The sign of life of a call that is over."""
