"""Four processes of the site on one PostgreSQL and one Redis, and somebody's app that talks to each of them."""

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import httpx

from tests import services
from tests.clients.app import App
from tests.clients.lab.mcp import NOTEBOOK
from tests.clients.wire import LATEST_LEGACY, Event, Json, Session, Wire
from tests.conftest import PASSWORD, USERS
from tests.live import LiveServer, ServerName
from tests.person import Person

SETTINGS = "tests.clients.settings"
CREW: tuple[ServerName, ...] = ("uvicorn", "daphne", "uvicorn", "daphne")
A, B, C, D = range(4)
"""The processes of a crew."""
ASKS: Json = {"elicitation": {"form": {}}}
"""Capabilities of a client that answers questions."""
PATIENCE = 40.0
"""Seconds of silence that fail a test; less than a stream's keep-alive, which would hide it."""
KEEP_ALIVE = "60"


@contextmanager
def crew(redis: str, number: int = len(CREW)) -> Iterator[list[LiveServer]]:
    """Servers, uvicorn and Daphne in turn. Their public URL has a free port in it, so no other site hears them."""
    services.database()
    shared: dict[str, str | None] = {"REDIS_URL": redis, "MCP_KEEP_ALIVE": KEEP_ALIVE}
    started: list[LiveServer] = []
    with ExitStack() as held:
        for server in CREW[:number]:
            started.append(held.enter_context(LiveServer(server, SETTINGS, shared, users=USERS)))
            shared["PUBLIC_URL"] = started[0].url
            shared["DATABASE_URL"] = started[0].environment()["DATABASE_URL"]
        yield started


@dataclass
class Talker:
    """One app of one person, with a connection to each process."""

    wires: list[Wire]
    held: ExitStack = field(default_factory=ExitStack)

    def session(self, worker: int = 0, **options: object) -> "Roaming":
        """A session that begins at one of the processes."""
        begun = self.wires[worker].session(**options)  # type: ignore[arg-type]
        return Roaming(self, begun.id, str(options.get("version", LATEST_LEGACY)))


@dataclass(frozen=True)
class Roaming:
    """A session that goes to whichever process it likes."""

    talker: Talker
    id: str
    version: str

    def at(self, worker: int) -> Session:
        """The session as a client of that process uses it."""
        return Session(self.talker.wires[worker], self.id, self.version)


def talker(servers: list[LiveServer], username: str, name: str) -> Talker:
    """An app that this person connected. Close its `held` in the end."""
    made = Talker([])
    person = Person(servers[0].url, username, PASSWORD)
    app = App(servers[0].url, name)
    for thing in (person.browser, app.http):
        made.held.enter_context(closing(thing))
    token = app.connect(person)
    ids = count(1)
    for server in servers:
        wire = Wire(server.url, token, ids=ids)
        wire.http.timeout = PATIENCE
        made.held.enter_context(closing(wire.http))
        made.wires.append(wire)
    return made


def text(message: Json) -> str:
    """What a tool said."""
    found: str = message["result"]["content"][0]["text"]
    return found


def tool(wire: Wire, name: str, *, progress: bool = False, **arguments: Any) -> Json:
    """The request for a tool call."""
    params: Json = {"name": name, "arguments": arguments}
    if progress:
        params["_meta"] = {"progressToken": "p"}
    return wire.body("tools/call", params)


def news(stream: Iterator[Event]) -> Event:
    """The next event that is no priming."""
    return next(event for event in stream if event.data)


def notebook_watched(session: Roaming, worker: int) -> None:
    """Subscribe to the notebook."""
    assert session.at(worker).send("resources/subscribe", {"uri": NOTEBOOK}).json()["result"] == {}


def reply(session: Session, question: Json, name: str) -> httpx.Response:
    """Answer the question for a name."""
    result = {"action": "accept", "content": {"name": name}}
    return session.wire.post({"jsonrpc": "2.0", "id": question["id"], "result": result}, session.headers)
