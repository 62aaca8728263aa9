"""SQLite where several processes serve: found by which of them have its file open."""

import os
from collections.abc import Iterator
from pathlib import Path

from django.db import connection

from mcpsite.doctor.findings import Finding


def examine(*, serves: bool) -> Iterator[Finding]:
    """How many processes use the database file, where the system tells (Linux).

    `serves` says that this process is one of those that answer requests.
    """
    if connection.vendor != "sqlite":
        return
    path = str(connection.settings_dict["NAME"])
    asked = f"The database {path}"
    others = sum(_has_open(pid, path) for pid in _processes() if pid != os.getpid())
    serving = others + serves
    if serving > 1:
        yield Finding(
            "warning",
            "database.sqlite",
            asked,
            f"SQLite, in use by {serving} processes",
            means="They wait for each other at every write, and a slow one makes the others fail.",
            mend="Set DATABASE_URL to a PostgreSQL database, or run one process.",
        )
    else:
        yield Finding("ok", "database", asked, "SQLite, and no more than one process")


def _processes() -> Iterator[int]:
    for entry in Path("/proc").glob("[0-9]*"):
        yield int(entry.name)


def _has_open(pid: int, path: str) -> bool:
    try:
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            if os.readlink(descriptor) == os.path.realpath(path):
                return True
    except OSError:  # it ended, or belongs to somebody else
        return False
    return False
