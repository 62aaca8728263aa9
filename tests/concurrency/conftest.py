"""One live server for each database."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from threading import Barrier
from typing import TypeVar

import pytest

from tests.clients.app import App
from tests.conftest import PASSWORD
from tests.live import LiveServer
from tests.person import Person
from tests.services import database

THREADS = 16
NAMES = [f"person-{number}" for number in range(THREADS)]

Result = TypeVar("Result")


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def server(request: pytest.FixtureRequest) -> Iterator[LiveServer]:
    """The site under uvicorn, with an account for every thread."""
    with pytest.MonkeyPatch.context() as environment:
        if request.param == "sqlite":
            environment.delenv("TEST_DATABASE_URL", raising=False)
        else:
            environment.setenv("TEST_DATABASE_URL", database())
        users = dict.fromkeys(NAMES, PASSWORD)
        with LiveServer("uvicorn", settings="tests.concurrency.settings", users=users) as running:
            yield running


@pytest.fixture
def person(server: LiveServer) -> Iterator[Person]:
    """Somebody in a browser."""
    somebody = Person(server.url, NAMES[0], PASSWORD)
    with closing(somebody.browser):
        yield somebody


@pytest.fixture
def app(server: LiveServer) -> Iterator[App]:
    """A client that registered."""
    client = App(server.url)
    with closing(client.http):
        yield client


def at_once(count: int, work: Callable[[], Result]) -> list[Result]:
    """What `work` returned in each of so many threads that began together."""
    ready = Barrier(count)

    def begin(_: int) -> Result:
        ready.wait(timeout=30)
        return work()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(begin, range(count)))
