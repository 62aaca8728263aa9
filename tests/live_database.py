"""Fresh databases for live servers: each starts as a copy of a template that is made once for all of a run's processes.

To migrate takes as long as many a test.
"""

import atexit
import fcntl
import hashlib
import os
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

FOLDER = "LIVE_TEMPLATES"
"""Environment variable that names the folder in which a run's processes find the templates."""


class Layer(NamedTuple):
    """What a database has beyond the layer below it."""

    name: str
    """Equal for all that fill in the same."""
    fill: Callable[[str], None]
    """Writes it into the database behind a URL."""


@contextmanager
def fresh_database(*layers: Layer) -> Iterator[str]:
    """URL of a database that has all of these layers, and is gone afterwards.

    A SQLite file, or a database beside the one that TEST_DATABASE_URL names.
    """
    beside = os.environ.get("TEST_DATABASE_URL", "")
    kind = _PostgreSQL(beside) if beside.startswith("postgres") else _SQLite()
    template = None
    for number, layer in enumerate(layers, 1):
        template = _made_once(kind, "\n".join(below.name for below in layers[:number]), template, layer)
    copy = f"live_{uuid.uuid4().hex[:12]}"
    try:
        kind.create(copy, template)
        yield kind.url(copy)
    finally:
        kind.drop(copy)


def templates() -> Path:
    """The run's folder of templates: of this process and of all that it starts from here on."""
    if FOLDER not in os.environ:
        os.environ[FOLDER] = tempfile.mkdtemp(prefix="live-templates-")
        atexit.register(_remove, Path(os.environ[FOLDER]), os.getpid())
    return Path(os.environ[FOLDER])


class _SQLite:
    def url(self, name: str) -> str:
        return f"sqlite:///{self._file(name)}"

    def create(self, name: str, template: str | None) -> None:
        if template is not None:
            shutil.copy(self._file(template), self._file(name))

    def drop(self, name: str) -> None:
        for file in templates().glob(f"{name}.sqlite3*"):  # its journals too
            file.unlink(missing_ok=True)

    def _file(self, name: str) -> Path:
        return templates() / f"{name}.sqlite3"


class _PostgreSQL:
    def __init__(self, beside: str) -> None:
        self._beside = beside

    def url(self, name: str) -> str:
        return urlsplit(self._beside)._replace(path=f"/{name}").geturl()

    def create(self, name: str, template: str | None) -> None:
        (templates() / f"{name}.postgresql").write_text(self._beside)
        self._execute("CREATE DATABASE {} TEMPLATE {}", name, template or "template0")

    def drop(self, name: str) -> None:
        self._execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)
        (templates() / f"{name}.postgresql").unlink(missing_ok=True)

    def _execute(self, statement: str, *names: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def _made_once(kind: "_SQLite | _PostgreSQL", name: str, below: str | None, layer: Layer) -> str:
    """The template of that name, which whoever needs it first makes while the others wait."""
    digest = hashlib.sha256(f"{templates()} {kind.url('')} {name}".encode()).hexdigest()[:16]
    template = f"live_template_{digest}"
    done = templates() / f"{template}.done"
    with (templates() / f"{template}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            kind.drop(template)
            kind.create(template, below)
            layer.fill(kind.url(template))
            done.touch()
    return template


def _remove(folder: Path, owner: int) -> None:
    if os.getpid() != owner:
        return
    for database in folder.glob("*.postgresql"):
        _PostgreSQL(database.read_text()).drop(database.stem)
    shutil.rmtree(folder, ignore_errors=True)
