"""Two processes of the site on one database: uvicorn, and Daphne beside it."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests import services
from tests.conftest import PASSWORD, USERS
from tests.live import LiveServer

Pair = tuple[LiveServer, LiveServer]
SETTINGS = "tests.clients.settings"
OPERATOR = "operator"


@contextmanager
def two_processes(database: str, redis: str | None) -> Iterator[Pair]:
    """Uvicorn and Daphne on `sqlite` or `postgresql`, with a Redis between them or none.

    Their public URL has a free port in it, so nobody else on the Redis hears them. OPERATOR is an administrator.
    """
    with pytest.MonkeyPatch.context() as environment:
        if database == "sqlite":
            environment.delenv("TEST_DATABASE_URL", raising=False)
        else:
            services.database()
        with LiveServer("uvicorn", SETTINGS, {"REDIS_URL": redis}, users=USERS) as one:
            shared: dict[str, str | None] = {
                "REDIS_URL": redis,
                "PUBLIC_URL": one.url,
                "DATABASE_URL": one.environment()["DATABASE_URL"],
            }
            one.create_user(OPERATOR, PASSWORD, is_staff=True, is_superuser=True)
            with LiveServer("daphne", SETTINGS, shared, users=USERS) as other:
                yield one, other
