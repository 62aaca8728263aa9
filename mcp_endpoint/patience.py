"""What happens to calls that are not done soon: one timer for all of them, as most are done before it rings."""

import asyncio
from collections import deque
from collections.abc import Callable

from mcp_endpoint.per_loop import PerLoop

SOON = 0.05
"""Seconds within which most calls are done."""


class Wait:
    """One call's wait; `cancel` when it is done."""

    __slots__ = ("_then", "rings_at")

    def __init__(self, then: Callable[[], object], rings_at: float) -> None:
        self._then: Callable[[], object] | None = then
        self.rings_at = rings_at

    def cancel(self) -> None:
        """Nothing happens any more. More than once does no harm."""
        self._then = None

    def ring(self) -> None:
        """It was not soon."""
        if self._then is not None:
            self._then()


class Patience:
    """Waits of the same length, in the order in which they end."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._waits: deque[Wait] = deque()

    def wait(self, then: Callable[[], object]) -> Wait:
        """Call `then` in `SOON` seconds, or a little later, unless the wait is cancelled first."""
        wait = Wait(then, self._loop.time() + SOON)
        if not self._waits:
            self._loop.call_later(SOON, self._ring)
        self._waits.append(wait)
        return wait

    def _ring(self) -> None:
        now = self._loop.time()
        while self._waits and self._waits[0].rings_at <= now:
            self._waits.popleft().ring()
        if self._waits:
            self._loop.call_later(max(0.0, self._waits[0].rings_at - now), self._ring)


patience = PerLoop(Patience)
"""The waits of the running event loop."""
