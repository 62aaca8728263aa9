"""Things of which each event loop has one: what runs or is open in a process lives with the loop that serves it."""

import asyncio
from asyncio import get_running_loop
from collections.abc import Callable
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

T = TypeVar("T")


class PerLoop(Generic[T]):
    """Called, gives the running loop's own; made on first use."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._made: WeakKeyDictionary[asyncio.AbstractEventLoop, T] = WeakKeyDictionary()
        self._last: tuple[asyncio.AbstractEventLoop, T] | tuple[None, None] = (None, None)
        """Whose was asked for last: a server has one loop and asks ten times for each call."""

    def __call__(self) -> T:
        loop = get_running_loop()
        last = self._last
        if last[0] is loop:
            return last[1]
        found = self._made.get(loop)
        if found is None:
            found = self._made[loop] = self._make()
        self._last = (loop, found)
        return found

    def of_a_running_loop(self) -> T | None:
        """One whose loop runs in some thread of this process, for code that has no loop itself."""
        return next((made for loop, made in list(self._made.items()) if loop.is_running()), None)
