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
