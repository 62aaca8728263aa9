"""The site on PostgreSQL."""

import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

from tests.mcpsite.copies import ROOT
from tests.services import database

ADMIN = (
    "tests/oauth_bridge/test_admin.py",
    "tests/oauth_bridge/test_admin_clients.py",
    "tests/oauth_bridge/test_admin_confirming.py",
    "tests/oauth_bridge/test_admin_connections.py",
    "tests/oauth_bridge/test_admin_credentials.py",
    "tests/oauth_bridge/test_admin_users.py",
    "tests/oauth_bridge/test_admin_queries.py",
    "tests/oauth_bridge/attempts/test_admin.py",
    "tests/mcp_endpoint/ledger/test_admin.py",
    "tests/mcp_endpoint/ledger/test_admin_export.py",
    "tests/mcp_endpoint/ledger/test_overview.py",
)
"""Lists, searches, filters and dates: SQL that databases do not read alike."""
OF_SQLITE = "tests/mcp_endpoint/ledger/test_admin.py::test_reads_rows_by_the_index_that_tells_most"
"""PostgreSQL takes no index for twenty rows. What it does with a million, `make bench` shows."""


@pytest.fixture
def empty_database() -> Iterator[str]:
    """URL of a PostgreSQL database that nobody else has."""
    server, name = database(), f"site_{uuid.uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        try:
            yield urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
        finally:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def test_every_migration_applies_and_none_is_missing(empty_database: str) -> None:
    for command in (["migrate", "--verbosity", "0"], ["makemigrations", "--check", "--dry-run"]):
        subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=ROOT,
            env={**os.environ, "DATABASE_URL": empty_database, "DJANGO_SETTINGS_MODULE": "mcpsite.settings"},
            check=True,
            capture_output=True,
        )


def test_the_admin_does_there_what_it_does_on_sqlite(empty_database: str) -> None:
    """The tests of the admin run on SQLite with the others: here once more, in a process that has PostgreSQL."""
    options = ("-q", "--no-header", "-p", "no:cacheprovider", "--deselect", OF_SQLITE)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, *ADMIN],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": empty_database},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    assert " passed" in done.stdout
