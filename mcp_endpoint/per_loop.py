"""Things of which each event loop has one: what runs or is open in a process lives with the loop that serves it."""

import asyncio
from collections.abc import Callable
from threading import get_ident
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

T = TypeVar("T")


class PerLoop(Generic[T]):
    """Called, gives the running loop's own; made on first use."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._made: WeakKeyDictionary[asyncio.AbstractEventLoop, T] = WeakKeyDictionary()
        self._last: tuple[int, Callable[[], bool], T] | None = None
        """Whose was asked for last, by its thread, and whether that loop runs there: a server has one loop and asks ten
        times for each call, and until Python 3.12 `get_running_loop` asks the system each time which process this is.
        """

    def __call__(self) -> T:
        last = self._last
        if last is not None and last[0] == get_ident() and last[1]():
            return last[2]
        loop = asyncio.get_running_loop()
        found = self._made.get(loop)
        if found is None:
            found = self._made[loop] = self._make()
        self._last = (get_ident(), loop.is_running, found)
        return found

    def of_a_running_loop(self) -> T | None:
        """One whose loop runs in some thread of this process, for code that has no loop itself."""
        return next((made for loop, made in list(self._made.items()) if loop.is_running()), None)
