"""Takes rows off the requests that they tell of: a bounded buffer, and one thread that writes it in batches."""

import asyncio
import logging
import os
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Generic, TypeVar

from django.db import InterfaceError, OperationalError, ProgrammingError, close_old_connections, connections

logger = logging.getLogger(__name__)

ROOM = 20_000
"""Rows that may wait for the database; those that come after them are dropped."""
BATCH = 1_000
"""Rows written in one transaction, unless a kind of rows has a size of its own."""
LINGER = 0.05
"""Seconds that rows gather before they are written, when nobody waits for them: longer, and those who call meanwhile
would wait behind more of them."""
NICENESS = 5
"""How much more willingly the thread that writes gives way on a busy core (nice(2)): a quarter of it is left to it."""
RETRY = 2.0
"""Seconds between two attempts while the database is away."""
PATIENCE = 10.0
"""Seconds that a server which stops waits for the last rows."""

CONNECTION_SECONDS = 60
"""How long a thread that lives on keeps a database connection."""

Row = TypeVar("Row")
Told = Callable[[bool], object]

AWAY = (OperationalError, InterfaceError, ProgrammingError)
"""Errors of the database and not of a row: it cannot be reached, is locked, or was not migrated."""


@dataclass(frozen=True, slots=True)
class Words:
    """How the log speaks of what is written."""

    book: str
    """What it is written to: "ledger"."""
    rows: str
    """What the rows are: "calls"."""


class BackgroundWriter(Generic[Row]):
    """The way to the database of one kind of rows in one process. Loses nothing when it is stopped.

    `insert` writes rows in one transaction or raises; `describe` names a row in the log, without what nobody may read
    there.
    """

    def __init__(
        self,
        insert: Callable[[Sequence[Row]], None],
        describe: Callable[[Row], str],
        words: Words,
        batch: int = BATCH,
    ) -> None:
        self._insert = insert
        self._describe = describe
        self._words = words
        self._batch_size = batch
        self._waiting: deque[tuple[Row, Told | None]] = deque()
        self._batch: list[tuple[Row, Told | None]] = []
        """What the thread has in hand."""
        self._news = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._away = False
        self._dropped = 0

    def add(self, row: Row, told: Told | None = None) -> None:
        """Have a row written, from any thread and without waiting. `told` hears whether it was committed."""
        if len(self._waiting) >= ROOM:
            self._drop(told)
            return
        self._waiting.append((row, told))
        if not self._news.is_set():
            self._news.set()
        if self._thread is None:
            self._start()

    async def commit(self, row: Row) -> bool:
        """Write a row and wait until it is committed; false when it could not be."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[bool] = loop.create_future()

        def settle(written: bool) -> None:
            if not answer.done():
                answer.set_result(written)

        self.add(row, lambda written: loop.call_soon_threadsafe(settle, written))
        return await answer

    def stop(self) -> None:
        """Write what is left and end the thread. A row that comes afterwards starts another one."""
        deadline = time.monotonic() + PATIENCE
        while (thread := self._thread) is not None or self._waiting:
            if time.monotonic() >= deadline:
                lost = len(self._waiting) + len(self._batch)
                logger.error(
                    "The %s's last %d %s are lost: the database is away.", self._words.book, lost, self._words.rows
                )
                return
            if thread is None:
                self._start()
                continue
            self._stopping.set()
            self._news.set()
            thread.join(deadline - time.monotonic())

    def _start(self) -> None:
        with self._lock:
            if self._thread is None:
                self._stopping.clear()
                # A daemon, or the interpreter would wait for it before it tells anybody that it ends.
                self._thread = threading.Thread(target=self._run, name=f"write-{self._words.book}", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        keep_connections()
        _give_way()
        while True:
            self._news.wait()
            if self._waiting and self._waiting[0][1] is None:
                self._stopping.wait(LINGER)
            self._news.clear()
            while self._waiting or self._batch:
                self._write()
            with self._lock:
                if self._stopping.is_set() and not self._waiting:
                    self._thread = None
                    break
        connections.close_all()

    def _write(self) -> None:
        """Write a batch, or what the last attempt left of it."""
        while self._waiting and len(self._batch) < self._batch_size:
            self._batch.append(self._waiting.popleft())
        try:
            close_old_connections()
            self._insert([row for row, _ in self._batch])
        except AWAY as error:
            self._wait(error)
        except Exception:
            self._write_singly()
        else:
            for _, told in self._batch:
                _tell(told, True)
            self._batch.clear()
            self._report_return()

    def _write_singly(self) -> None:
        """Write what can be written of a batch of which a row cannot."""
        while self._batch:
            row, told = self._batch[0]
            written = False
            try:
                self._insert([row])
                written = True
            except AWAY as error:
                return self._wait(error)
            except Exception:
                logger.exception("%s cannot be written to the %s.", self._describe(row), self._words.book)
            del self._batch[0]
            _tell(told, written)

    def _wait(self, error: Exception) -> None:
        """Keep the rows until the database is back. Those whose calls wait for an answer are told now."""
        if not self._away:
            self._away = True
            reason = str(error).strip().partition("\n")[0]
            logger.error(
                "The %s cannot be written (%s). %s are kept until the database is back.",
                self._words.book,
                reason,
                self._words.rows.capitalize(),
            )
        for entries in (self._batch, self._waiting):
            for _, told in list(entries):
                _tell(told, False)
        connections.close_all()
        if not self._stopping.wait(RETRY):
            return
        time.sleep(LINGER)

    def _report_return(self) -> None:
        if self._away:
            self._away = False
            logger.warning(
                "The %s is written again; %d %s were dropped meanwhile.",
                self._words.book,
                self._dropped,
                self._words.rows,
            )
            self._dropped = 0

    def _drop(self, told: Told | None) -> None:
        self._dropped += 1
        if self._dropped == 1:
            logger.error(
                "The %s has no room for more %s that wait for the database: what comes now is dropped.",
                self._words.book,
                self._words.rows,
            )
        _tell(told, False)


def _tell(told: Told | None, written: bool) -> None:
    if told is not None:
        with suppress(RuntimeError):  # the event loop that waited is over
            told(written)


def _give_way() -> None:
    """Have the calling thread run when those that answer do not, where a thread has a priority of its own."""
    if sys.platform == "linux":
        with suppress(OSError):
            thread = threading.get_native_id()
            os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) + NICENESS)


def keep_connections() -> None:
    """In a thread that lives on, unlike those of Django's requests: keep its connections. To connect anew is slow."""
    for connection in connections.all():
        connection.settings_dict = {**connection.settings_dict, "CONN_MAX_AGE": CONNECTION_SECONDS}
