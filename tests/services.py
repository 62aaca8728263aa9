"""Services that some tests need and not every machine has."""

import os
import shutil
from typing import NoReturn

import pytest


def missing(reason: str) -> NoReturn:
    """Skip the test, saying why.

    Under continuous integration (CI=true) it fails, so that nothing goes untested there unnoticed.
    """
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def service(name: str) -> str:
    """URL of a service from the environment variable that names it."""
    return os.environ.get(name, "") or missing(f"{name} is not set, so there is no server to test against.")


def database() -> str:
    """URL of a PostgreSQL server on which tests may make databases."""
    return service("TEST_DATABASE_URL")


def redis() -> str:
    """URL of a Redis that tests may use."""
    return service("TEST_REDIS_URL")


def nginx() -> str:
    """Path of the nginx program, for tests that put it in front of the site.

    TEST_WITHOUT_NGINX says of a machine that it cannot be had there.
    """
    # Debian has it where only root's PATH leads.
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    reason = "nginx is not installed, so there is no proxy to test behind."
    if program is None and os.environ.get("TEST_WITHOUT_NGINX"):
        pytest.skip(reason)
    return program or missing(reason)
