"""One server process that a test may end, and an app that alice connected to it."""

import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager

from tests.clients.app import App
from tests.clients.conftest import eventually
from tests.clients.wire import Wire
from tests.conftest import PASSWORD, USERS
from tests.live import LiveServer, ServerName
from tests.person import Person

SETTINGS = "tests.scale.settings"
GRACE = 3
UVICORN = ("--timeout-graceful-shutdown", "20")


class Lone:
    """A live server with wires to it. `wire()` is a client of alice's; each call makes another one, with its token."""

    def __init__(self, server: LiveServer, held: ExitStack) -> None:
        self.server = server
        self._held = held
        self._apps: dict[str, App] = {}

    def wire(self, username: str = "alice") -> Wire:
        if username not in self._apps:
            person = Person(self.server.url, username, PASSWORD)
            app = self._apps[username] = App(self.server.url, f"{username}'s app")
            self._held.enter_context(closing(person.browser))
            self._held.enter_context(closing(app.http))
            app.connect(person)
        wire = Wire(self.server.url, self._apps[username].tokens["access_token"])
        self._held.enter_context(closing(wire.http))
        return wire

    def until_running(self, label: str, number: int = 1) -> None:
        """Wait until calls of a label run."""
        wire = self.wire()
        assert eventually(lambda: said(wire, "running", label=label) == str(number)), label

    def signal(self, number: signal.Signals = signal.SIGTERM) -> None:
        os.kill(self.server.pid, number)


def said(wire: Wire, tool: str, **arguments: object) -> str:
    """The text that a tool answers with."""
    text: str = wire.call(tool, None, **arguments).json()["result"]["content"][0]["text"]
    return text


@contextmanager
def lone(
    name: ServerName, env: Mapping[str, str | None] | None = None, users: Mapping[str, str] = USERS
) -> Iterator[Lone]:
    """A server of the test's own."""
    arguments = UVICORN if name == "uvicorn" else ()
    with ExitStack() as held:
        server = held.enter_context(LiveServer(name, SETTINGS, env, arguments, users))
        yield Lone(server, held)
