"""The server processes of one site, and what kills them."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.live import ROOT, free_port

KILL_SECONDS = 2.0
START_SECONDS = 60.0


class Worker:
    """One uvicorn process on a port of its own."""

    def __init__(self, parent: "Parent") -> None:
        self.port = free_port()
        self._parent = parent
        self._pid = 0

    async def start(self) -> None:
        """Begin, and wait until it listens."""
        self._pid = await asyncio.to_thread(self._parent.fork, self.port)
        async with asyncio.timeout(START_SECONDS):
            while True:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                    writer.close()
                    return
                except OSError:
                    await asyncio.sleep(0.02)

    def kill(self) -> None:
        """End at once, as a crash would (SIGKILL)."""
        if self._pid:
            os.kill(self._pid, signal.SIGKILL)


class Parent:
    """The process that has loaded the site and forks the others, which costs a restart no second of processor time."""

    def __init__(self, environment: Mapping[str, str], log: Path) -> None:
        command = [sys.executable, "-m", "tests.scale.chaos.parent"]
        pipe = subprocess.PIPE
        with log.open("ab") as errors:
            self._process = subprocess.Popen(
                command, cwd=ROOT, env=dict(environment), stdin=pipe, stdout=pipe, stderr=errors, text=True
            )
        self._turn = threading.Lock()

    def fork(self, port: int) -> int:
        """The id of a new process that will listen on a port."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with self._turn:
            self._process.stdin.write(f"{port}\n")
            self._process.stdin.flush()
            return int(self._process.stdout.readline())

    def end(self) -> None:
        """End; its children are ended by whoever started them."""
        self._process.communicate()


@contextmanager
def workers(number: int, environment: Mapping[str, str], log: Path) -> Iterator[list[Worker]]:
    """So many processes with this environment, to be started. They write what goes wrong to `log`."""
    parent = Parent(environment, log)
    made = [Worker(parent) for _ in range(number)]
    try:
        yield made
    finally:
        for worker in made:
            worker.kill()
        parent.end()


class Killer:
    """Kills one worker after another, and brings each back, until it is cancelled."""

    def __init__(self, victims: list[Worker]) -> None:
        self.kills = 0
        self._victims = victims
        self._coming_back: dict[Worker, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """One every KILL_SECONDS; one that is still coming back is left in peace."""
        try:
            while True:
                for victim in self._victims:
                    await asyncio.sleep(KILL_SECONDS)
                    back = self._coming_back.get(victim)
                    if back is None or back.done():
                        victim.kill()
                        self.kills += 1
                        self._coming_back[victim] = asyncio.create_task(victim.start())
        finally:
            await asyncio.gather(*self._coming_back.values())
