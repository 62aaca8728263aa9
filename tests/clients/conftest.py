"""Apps that are connected already, for tests of what comes after sign-in."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from typing import Protocol

import pytest

from tests.clients.app import App
from tests.clients.wire import ERA_HEADERS, Wire
from tests.conftest import PASSWORD
from tests.live import LiveServer
from tests.person import Person


def eventually(condition: Callable[[], bool], seconds: float = 60) -> bool:
    """Whether a condition that another process brings about comes true in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return condition()


class WireOf(Protocol):
    """Makes a wire with a token of its own, or with none."""

    def __call__(self, token: str | None, path: str = "/mcp") -> Wire: ...


class AppOf(Protocol):
    """Registers an app."""

    def __call__(self, name: str = "Test app") -> App: ...


@pytest.fixture(scope="module")
def connected(live: LiveServer) -> Iterator[dict[str, App]]:
    """An app connected by alice and another by bob, both with the scopes that a client gets unasked."""
    with ExitStack() as open_clients:
        apps = {}
        for username in ("alice", "bob"):
            somebody = Person(live.url, username, PASSWORD)
            open_clients.enter_context(closing(somebody.browser))
            apps[username] = App(live.url, f"{username}'s app")
            open_clients.enter_context(closing(apps[username].http))
            apps[username].connect(somebody)
        yield apps


@pytest.fixture
def app(live: LiveServer) -> Iterator[AppOf]:
    """Registers a new app: `app()`."""
    with ExitStack() as open_clients:

        def make(name: str = "Test app") -> App:
            made = App(live.url, name)
            open_clients.enter_context(closing(made.http))
            return made

        yield make


@pytest.fixture
def wire_of(live: LiveServer) -> Iterator[WireOf]:
    """Makes a wire: `wire_of(token)`, `wire_of(None)`."""
    with ExitStack() as open_clients:

        def make(token: str | None, path: str = "/mcp") -> Wire:
            made = Wire(live.url, token, path)
            open_clients.enter_context(closing(made.http))
            return made

        yield make


@pytest.fixture
def wire(wire_of: WireOf, connected: dict[str, App]) -> Wire:
    """Alice's connected app on the wire."""
    return wire_of(connected["alice"].tokens["access_token"])


@pytest.fixture
def bobs_wire(wire_of: WireOf, connected: dict[str, App]) -> Wire:
    """Bob's."""
    return wire_of(connected["bob"].tokens["access_token"])


@pytest.fixture(params=ERA_HEADERS)
def era_headers(request: pytest.FixtureRequest) -> dict[str, str | None]:
    """Headers that begin a request of each era."""
    return ERA_HEADERS[request.param]
