"""A PostgreSQL of a test's own, which it may stop and start."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

from tests.live import free_port
from tests.services import missing

PLACES = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
ACCOUNT = "postgres"
"""PostgreSQL refuses to run as root; then it runs as this one, which its Debian package makes."""


class OwnPostgresql:
    """A cluster in a directory, without passwords, on a free loopback port. Its URL names the database `postgres`."""

    def __init__(self, directory: Path) -> None:
        self._data = directory / "data"
        self._port = free_port()
        self._user = ACCOUNT if os.geteuid() == 0 else None
        self.url = f"postgres://postgres@127.0.0.1:{self._port}/postgres"
        if self._user:
            shutil.chown(directory, self._user)
        self._run("initdb", "--pgdata", str(self._data), "--username", "postgres", "--auth", "trust", "--no-sync")

    def database(self, name: str) -> str:
        """URL of a new database."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return self.url.removesuffix("postgres") + name

    def start(self) -> None:
        options = f"-p {self._port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off"
        self._control("start", "--options", options, "--log", str(self._data / "log"))

    def stop(self) -> None:
        """End it at once, its connections with it, as a restart does. Does nothing when it has ended."""
        if (self._data / "postmaster.pid").exists():
            self._control("stop", "--mode", "fast")

    def _control(self, *command: str) -> None:
        self._run("pg_ctl", "--pgdata", str(self._data), "--wait", "--silent", *command)

    def _run(self, program: str, *arguments: str) -> None:
        path = shutil.which(program) or shutil.which(program, path=os.pathsep.join(map(str, PLACES)))
        done = subprocess.run(
            [path or missing(f"{program} of PostgreSQL is not installed."), *arguments],
            user=self._user,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr


@contextmanager
def own_postgresql() -> Iterator[OwnPostgresql]:
    """One that runs until the end of the block."""
    # Not in a directory of pytest's, which it closes to all but who runs the tests.
    with tempfile.TemporaryDirectory(prefix="postgresql-") as directory:
        server = OwnPostgresql(Path(directory))
        server.start()
        try:
            yield server
        finally:
            server.stop()
