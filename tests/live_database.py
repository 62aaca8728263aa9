"""Fresh databases for live servers: each one starts as a copy of a template that was migrated once."""

import atexit
import hashlib
import os
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

Fill = Callable[[str], None]

_templates: dict[str, str] = {}


@contextmanager
def fresh_database(name: str, fill: Fill) -> Iterator[str]:
    """URL of a database that is gone afterwards.

    `fill` migrates the empty database behind a URL; it is called once for each name, server and process.
    A SQLite file, or a database beside the one that TEST_DATABASE_URL names.
    """
    beside = os.environ.get("TEST_DATABASE_URL", "")
    make = _postgres_copy if beside.startswith("postgres") else _sqlite_copy
    with make(f"{name} {beside}", fill, beside) as url:
        yield url


@contextmanager
def _sqlite_copy(name: str, fill: Fill, beside: str) -> Iterator[str]:
    if name not in _templates:
        directory = tempfile.mkdtemp(prefix="live-template-")
        atexit.register(shutil.rmtree, directory, ignore_errors=True)
        template = Path(directory) / "template.sqlite3"
        fill(f"sqlite:///{template}")
        _templates[name] = str(template)
    with tempfile.TemporaryDirectory(prefix="live-") as directory:
        copy = shutil.copy(_templates[name], Path(directory) / "db.sqlite3")
        yield f"sqlite:///{copy}"


@contextmanager
def _postgres_copy(name: str, fill: Fill, beside: str) -> Iterator[str]:
    if name not in _templates:
        digest = hashlib.sha256(name.encode()).hexdigest()[:8]
        template = f"live_template_{os.getpid()}_{digest}"
        _execute(beside, "DROP DATABASE IF EXISTS {}", template)
        _execute(beside, "CREATE DATABASE {}", template)
        atexit.register(_execute, beside, "DROP DATABASE IF EXISTS {} WITH (FORCE)", template)
        fill(_sibling(beside, template))
        _templates[name] = template
    copy = f"live_{uuid.uuid4().hex[:12]}"
    _execute(beside, "CREATE DATABASE {} TEMPLATE {}", copy, _templates[name])
    try:
        yield _sibling(beside, copy)
    finally:
        _execute(beside, "DROP DATABASE IF EXISTS {} WITH (FORCE)", copy)


def _sibling(url: str, name: str) -> str:
    return urlsplit(url)._replace(path=f"/{name}").geturl()


def _execute(url: str, statement: str, *names: str) -> None:
    with psycopg.connect(_sibling(url, "postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))
