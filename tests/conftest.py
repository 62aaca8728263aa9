"""Live servers and people that the whole suite shares; unit tests take their database from pytest-django."""

from collections.abc import Iterator
from contextlib import ExitStack, closing
from typing import Protocol

import pytest

from tests.live import LiveServer, ServerName
from tests.live_database import templates
from tests.person import Person

PASSWORD = "correct horse battery staple"
USERS = dict.fromkeys(("alice", "bob", "carol", "dave"), PASSWORD)


def pytest_configure() -> None:
    """Before the processes that share the tests are started, so that they share the databases' templates too."""
    templates()


class PersonOf(Protocol):
    """Makes a person in a new browser."""

    def __call__(self, username: str = "alice") -> Person: ...


def _server(name: ServerName) -> Iterator[LiveServer]:
    with LiveServer(name, settings="tests.clients.settings", users=USERS) as server:
        yield server


@pytest.fixture(scope="session")
def daphne() -> Iterator[LiveServer]:
    """The site under Daphne, where those of USERS have accounts. One for the whole run."""
    yield from _server("daphne")


@pytest.fixture(scope="session")
def uvicorn() -> Iterator[LiveServer]:
    """The same under uvicorn."""
    yield from _server("uvicorn")


@pytest.fixture(scope="module", params=["daphne", "uvicorn"])
def live(request: pytest.FixtureRequest) -> LiveServer:
    """Each of the two servers in turn."""
    server: LiveServer = request.getfixturevalue(request.param)
    return server


@pytest.fixture
def person(live: LiveServer) -> Iterator[PersonOf]:
    """Makes a person in a new browser, `alice` unless another is named: `person()`, `person("bob")`."""
    with ExitStack() as browsers:

        def make(username: str = "alice") -> Person:
            somebody = Person(live.url, username, PASSWORD)
            browsers.enter_context(closing(somebody.browser))
            return somebody

        yield make
