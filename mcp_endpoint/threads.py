"""A bounded pool of threads that never holds up the end of the process.

The standard library's pool waits at the interpreter's exit for whatever its threads run, however long that takes: one
tool that does not look at `ctx.cancelled` would keep a server from stopping.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from queue import Empty, SimpleQueue
from typing import Any

from django.db import connections

Work = tuple[Future[Any], Callable[[], Any]]


class Threads(Executor):
    """At most so many threads, started when there is work for them. `initializer` runs first in each."""

    def __init__(self, most: int, name: str, initializer: Callable[[], object]) -> None:
        self._most, self._name, self._initializer = most, name, initializer
        self._work: SimpleQueue[Work | None] = SimpleQueue()
        self._idle = threading.Semaphore(0)
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._ended = False

    def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Have a function called on a thread."""
        future: Future[Any] = Future()
        self._work.put((future, lambda: function(*args, **kwargs)))
        if self._ended or not self._idle.acquire(blocking=False):
            self._start()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the threads that have nothing to do; the others end with what they do, or with the process.

        What is submitted afterwards has threads again, which are not counted with those.
        """
        with self._lock:
            threads, self._threads, self._ended = self._threads, [], True
        for _ in threads:
            self._work.put(None)

    def _start(self) -> None:
        with self._lock:
            if len(self._threads) < self._most:
                name = f"{self._name}_{len(self._threads)}"
                thread = threading.Thread(target=self._run, name=name, daemon=True)
                self._threads.append(thread)
                thread.start()

    def _run(self) -> None:
        self._initializer()
        while (work := self._next()) is not None:
            future, call = work
            if future.set_running_or_notify_cancel():
                try:
                    result = call()
                except BaseException as error:
                    future.set_exception(error)
                else:
                    future.set_result(result)
            del work, future, call  # or they would live on until the next one comes
        connections.close_all()

    def _next(self) -> Work | None:
        try:
            return self._work.get_nowait()
        except Empty:
            self._idle.release()
            return self._work.get()
