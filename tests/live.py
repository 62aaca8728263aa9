"""The real site in a process of its own, for tests that must meet it over HTTP."""

import os
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

import httpx

from tests.live_database import Layer, fresh_database

ServerName = Literal["daphne", "uvicorn"]

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 60.0
STOP_SECONDS = 15.0
READY_PATH = "/.well-known/oauth-protected-resource"
APPLICATION = "mcpsite.asgi:application"
MIGRATION = "from django.core.management import call_command\ncall_command('migrate', verbosity=0)\n"
NO_AUTHORITIES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""For HTTP clients of these servers, which speak no TLS: reading the authorities takes longer than ten requests."""
SHORT_IDLE = httpx.Limits(keepalive_expiry=1.0)
"""For the same: on a connection that was idle longer the server may hang up while it is used."""


class ServerError(Exception):
    """The server, or a command beside it, did not do what was asked; the message has its output."""


class LiveServer:
    """Daphne or uvicorn on a free loopback port, with a database that nobody else has.

    `settings` is the Django settings module and `env` adds to the process's environment (a None removes).
    `users` maps names to passwords of people who have an account from the start.
    `arguments` go to the server's own command line. Raises ServerError when it does not come up.
    """

    def __init__(
        self,
        server: ServerName = "daphne",
        settings: str = "mcpsite.settings",
        env: Mapping[str, str | None] | None = None,
        arguments: Sequence[str] = (),
        users: Mapping[str, str] | None = None,
    ) -> None:
        self.server: ServerName = server
        self.settings = settings
        self.arguments = tuple(arguments)
        self.port = 0
        self.ended_orderly: bool | None = None
        """Whether the last process ended on SIGTERM alone; None while none has ended."""
        self._extra = dict(env or {})
        self._users = dict(users or {})
        self._database_url = ""
        self._process: subprocess.Popen[bytes] | None = None
        self._held = ExitStack()
        self._log_path = Path(os.devnull)

    @property
    def url(self) -> str:
        """The site's public URL, without a trailing slash."""
        return f"http://localhost:{self.port}"

    @property
    def pid(self) -> int:
        """Process id of the running server."""
        if self._process is None:
            raise ServerError("The server is not running.")
        return self._process.pid

    def __enter__(self) -> Self:
        directory = self._held.enter_context(tempfile.TemporaryDirectory(prefix="live-log-"))
        self._log_path = Path(directory) / "server.log"
        try:
            self._database_url = self._held.enter_context(fresh_database(*self._layers()))
            self.start()
        except BaseException:
            self._held.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.stop()
        finally:
            self._held.close()

    def start(self) -> None:
        """Start the process and wait until it answers; on the same port when it ran before."""
        deadline = time.monotonic() + START_SECONDS
        known_port = self.port
        while time.monotonic() < deadline:
            self.port = known_port or free_port()
            logged = len(self.log_text())
            with self._log_path.open("ab") as log:
                self._process = subprocess.Popen(
                    self._command(), cwd=ROOT, env=self.environment(), stdout=log, stderr=subprocess.STDOUT
                )
            if self._answers(deadline):
                return
            self.stop()
            output = self.log_text()[logged:]
            if "address already in use" not in output.lower():
                raise ServerError(f"{self.server} did not start:\n{output[-4000:]}")
        raise ServerError(f"{self.server} found no port that was free.")

    def stop(self) -> None:
        """End the process: SIGTERM, and SIGKILL when it does not follow."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(STOP_SECONDS)
            self.ended_orderly = True
        except subprocess.TimeoutExpired:
            self.ended_orderly = False
            self.kill()
        self._process = None

    def wait(self, seconds: float) -> int:
        """The exit code of a process that was told to end otherwise than by `stop`; raises TimeoutExpired."""
        if self._process is None:
            raise ServerError("The server is not running.")
        code = self._process.wait(seconds)
        self._process = None
        return code

    def kill(self) -> None:
        """End the process at once, as a crash would (SIGKILL). `start()` brings it back."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def log_text(self) -> str:
        """All that the server has written so far."""
        return self._log_path.read_text(errors="replace") if self._log_path.is_file() else ""

    def manage(self, *command: str) -> str:
        """Output of `manage.py …` on this server's database; raises ServerError when it fails."""
        return self._manage(command, self.environment())

    def create_user(self, username: str, password: str, **flags: object) -> None:
        """Create an active user; flags are fields of the user model, such as `is_staff=True`."""
        self.manage("shell", "--no-imports", "-c", _creation({username: password}, flags))

    def environment(self) -> dict[str, str]:
        """Environment of the server and of the commands beside it."""
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": self.settings,
            "PYTHONUNBUFFERED": "1",
            "SECRET_KEY": "live-tests-only-" + "0" * 50,
            "PUBLIC_URL": self.url if self.port else "http://localhost",
            "DATABASE_URL": self._database_url,
            "DEBUG": "False",
            **self._extra,
        }
        return {name: value for name, value in environment.items() if value is not None}

    def _command(self) -> list[str]:
        if self.server == "daphne":
            options = ["-b", "127.0.0.1", "-p", str(self.port), *self.arguments, APPLICATION]
        else:
            options = [
                *("--host", "127.0.0.1", "--port", str(self.port)),
                *("--timeout-graceful-shutdown", "5", *self.arguments, APPLICATION),
            ]
        return [sys.executable, "-m", self.server, *options]

    def _answers(self, deadline: float) -> bool:
        """Whether the process answers a real request before it ends or the deadline passes."""
        process = self._process
        with httpx.Client(base_url=self.url, timeout=START_SECONDS, verify=NO_AUTHORITIES) as client:
            while process is not None and process.poll() is None and time.monotonic() < deadline:
                try:
                    client.get(READY_PATH)
                    return True
                except httpx.TransportError:
                    time.sleep(0.05)
        return False

    def _layers(self) -> list[Layer]:
        migrated = Layer(f"migrated by {self.settings}", lambda url: self._run_in(url, MIGRATION))
        people = _creation(self._users, {})
        inhabited = Layer(f"with {self._users}", lambda url: self._run_in(url, people))
        return [migrated, inhabited] if self._users else [migrated]

    def _run_in(self, database_url: str, script: str) -> None:
        environment = {**self.environment(), "DATABASE_URL": database_url}
        # Unmeasured: it covers nothing that no test does, and would take twice the time.
        unmeasured = {name: value for name, value in environment.items() if not name.startswith("COVERAGE_")}
        self._manage(["shell", "--no-imports", "-c", script], unmeasured)

    def _manage(self, command: Sequence[str], environment: Mapping[str, str]) -> str:
        done = subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise ServerError(f"manage.py {command[0]} failed:\n{done.stdout}{done.stderr}")
        return done.stdout


def _creation(users: Mapping[str, str], flags: Mapping[str, object]) -> str:
    return (
        "from django.contrib.auth import get_user_model\n"
        f"for username, password in {users!r}.items():\n"
        f"    get_user_model().objects.create_user(username, password=password, **{flags!r})\n"
    )


def free_port() -> int:
    """A loopback port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def held_port() -> Iterator[int]:
    """A loopback port for a server that must be known before it starts; nobody else is given it meanwhile.

    Linux hands no bound port out, and lets a server that names it listen there while the holder does not: both set
    SO_REUSEADDR, as servers do (socket(7)). Other systems would not let the server in, so there nothing holds it.
    """
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", 0))
        port: int = holder.getsockname()[1]
        if sys.platform != "linux":
            holder.close()
        yield port
