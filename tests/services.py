"""Services that some tests need and not every machine has."""

import os

import pytest


def service(name: str) -> str:
    """URL of a service from the environment variable that names it.

    Without it the test is skipped, saying why; under continuous integration (CI=true) it fails, so that nothing
    goes untested there unnoticed.
    """
    url = os.environ.get(name, "")
    if not url:
        reason = f"{name} is not set, so there is no server to test against."
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return url


def database() -> str:
    """URL of a PostgreSQL server on which tests may make databases."""
    return service("TEST_DATABASE_URL")


def redis() -> str:
    """URL of a Redis that tests may use."""
    return service("TEST_REDIS_URL")
