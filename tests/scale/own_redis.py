"""A Redis of a test's own, which it may stop, freeze and start again."""

import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.live import free_port
from tests.services import missing


class OwnRedis:
    """Keeps nothing on disk: after a stop it comes back empty."""

    def __init__(self, directory: Path) -> None:
        self._program = shutil.which("redis-server") or missing("redis-server is not installed.")
        self._directory, self._port = directory, free_port()
        self.url = f"redis://127.0.0.1:{self._port}/0"

    def start(self) -> None:
        options = ["--port", str(self._port), "--bind", "127.0.0.1", "--save", "", "--dir", str(self._directory)]
        self._process = subprocess.Popen([self._program, *options], stdout=subprocess.DEVNULL)

    def stop(self) -> None:
        """Kill it."""
        self._process.kill()
        self._process.wait()

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """It takes connections and answers nothing; then it goes on as if nothing had been."""
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)
