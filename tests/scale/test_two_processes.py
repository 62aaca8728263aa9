"""Two server processes that share a database and a Redis: access that ends in one is over in the other.

Every way is gone in Django admin, on uvicorn and on Daphne in turn, while both hold streams of every era.
"""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass

import pytest

from tests import services
from tests.clients.app import App
from tests.clients.test_http_sse import sse
from tests.clients.wire import Event, Wire, events, modern_headers, refused
from tests.conftest import PASSWORD
from tests.live import LiveServer
from tests.person import Person
from tests.scale.console import ACCESS_TOKENS, CLIENTS, CONNECTIONS, REFRESH_TOKENS, USERS, Console
from tests.scale.pairs import OPERATOR, Pair, two_processes

PATIENCE = 10.0
"""Seconds of silence that fail a test; less than a stream's keep-alive, which would hide it."""


@dataclass
class Scene:
    """One person's app, which both processes hold streams for, and the operator in one of them."""

    acting: LiveServer
    console: Console
    person: Person
    app: App
    name: str

    def act(self, room: str, action: str, term: str = "") -> None:
        """In admin, on the one row that has the app's name."""
        self.console.act(room, action, self.console.found(room, term or self.name))


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def pair(request: pytest.FixtureRequest) -> Iterator[Pair]:
    """Which process the operator uses comes with the database: the first of the pair."""
    with two_processes(request.param, services.redis()) as (uvicorn, daphne):
        yield (uvicorn, daphne) if request.param == "sqlite" else (daphne, uvicorn)


@pytest.fixture(scope="module")
def console(pair: Pair) -> Iterator[Console]:
    """The operator, signed in at one of the two."""
    with Console(pair[0].url, OPERATOR, PASSWORD) as console:
        yield console


def revoking_the_connection(scene: Scene) -> None:
    scene.act(CONNECTIONS, "revoke")


def pausing_the_connection(scene: Scene) -> None:
    scene.act(CONNECTIONS, "pause")


def narrowing_the_connection(scene: Scene) -> None:
    key = scene.console.found(CONNECTIONS, scene.name)
    scene.console.change(CONNECTIONS, key, scopes=["mcp"])


def leaving_it_to_read(scene: Scene) -> None:
    scene.console.change(CONNECTIONS, scene.console.found(CONNECTIONS, scene.name), read_only="on")


def ending_its_time(scene: Scene) -> None:
    key = scene.console.found(CONNECTIONS, scene.name)
    scene.console.change(CONNECTIONS, key, expires_at_0="2026-01-01", expires_at_1="00:00:00")


def revoking_the_access_token(scene: Scene) -> None:
    scene.act(ACCESS_TOKENS, "revoke_one")


def revoking_the_grant(scene: Scene) -> None:
    scene.act(ACCESS_TOKENS, "revoke")


def revoking_the_family(scene: Scene) -> None:
    scene.act(REFRESH_TOKENS, "revoke")


def disabling_the_client(scene: Scene) -> None:
    scene.act(CLIENTS, "disable")


def disabling_the_client_by_its_form(scene: Scene) -> None:
    scene.console.change(CLIENTS, scene.console.found(CLIENTS, scene.name), disabled="on")


def revoking_everything_of_the_client(scene: Scene) -> None:
    scene.act(CLIENTS, "revoke")


def deleting_the_client(scene: Scene) -> None:
    scene.console.delete(CLIENTS, scene.console.found(CLIENTS, scene.name))


def revoking_everything_of_the_tokens_user(scene: Scene) -> None:
    scene.act(ACCESS_TOKENS, "revoke_users")


def revoking_everything_of_the_user(scene: Scene) -> None:
    scene.act(USERS, "revoke", scene.person.username)


def deactivating_the_user(scene: Scene) -> None:
    scene.act(USERS, "deactivate", scene.person.username)


def deactivating_the_user_by_their_form(scene: Scene) -> None:
    scene.console.change(USERS, scene.console.found(USERS, scene.person.username), is_active=None)


def deleting_the_user(scene: Scene) -> None:
    scene.console.delete(USERS, scene.console.found(USERS, scene.person.username))


def the_user_revoking_it(scene: Scene) -> None:
    (key,) = set(re.findall(r"/account/connections/(\d+)/", scene.person.open("/account/connections/").text))
    path = f"/account/connections/{key}/revoke/"
    page, browser = scene.person.open(path), scene.person.browser
    form = {"csrfmiddlewaretoken": browser.cookies["csrftoken"]}
    answer = browser.post(path, data=form, headers={"Origin": scene.person.base_url, "Referer": str(page.url)})
    assert answer.status_code == 302, answer.text


def a_command(scene: Scene) -> None:
    scene.acting.manage(
        "shell",
        "--no-imports",
        "-c",
        "from oauth_bridge.models import Connection\nfrom oauth_bridge.revocation import revoke_connections\n"
        f"revoke_connections(Connection.objects.filter(client__client_id={scene.app.client_id!r}))",
    )


NARROWER = (narrowing_the_connection, leaving_it_to_read)
"""What leaves some tools open."""
WAYS: dict[Callable[[Scene], None], str] = {
    revoking_the_connection: "alice",
    pausing_the_connection: "alice",
    narrowing_the_connection: "alice",
    leaving_it_to_read: "alice",
    ending_its_time: "alice",
    revoking_the_access_token: "alice",
    revoking_the_grant: "alice",
    revoking_the_family: "alice",
    disabling_the_client: "alice",
    disabling_the_client_by_its_form: "alice",
    revoking_everything_of_the_client: "alice",
    deleting_the_client: "alice",
    a_command: "alice",
    the_user_revoking_it: "carol",
    revoking_everything_of_the_user: "carol",
    revoking_everything_of_the_tokens_user: "carol",
    deactivating_the_user_by_their_form: "carol",
    deactivating_the_user: "bob",
    deleting_the_user: "dave",
}
"""Each with its person; who is deactivated comes last."""


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_what_ends_in_one_process_is_over_in_both(pair: Pair, console: Console, way: Callable[[Scene], None]) -> None:
    with ExitStack() as open_things:
        person = Person(pair[0].url, WAYS[way], PASSWORD)
        app = App(pair[0].url, way.__name__)
        token = app.connect(person, "mcp notes:read notes:write")
        wires = [Wire(server.url, token) for server in pair]
        for thing in (person.browser, app.http, *(wire.http for wire in wires)):
            open_things.enter_context(closing(thing))
        streams = [stream for wire in wires for stream in listening(open_things, wire)]

        way(Scene(pair[0], console, person, app, way.__name__))
        done = time.monotonic()

        for stream in streams:
            assert [event for event in stream if event.message.get("method")] == []
        print(f"{way.__name__}: {len(streams)} streams over {1000 * (time.monotonic() - done):.0f} ms after the answer")
        for wire in wires:
            if way in NARROWER:
                assert "result" in wire.call("greet", name="Ada").json()
                assert "error" in wire.call("add_note", text="Milk").json()
            else:
                refused(wire.call("greet", name="Ada"), 401)


def listening(open_things: ExitStack, wire: Wire) -> list[Iterator[Event]]:
    """A stream of each era: `subscriptions/listen`, the GET stream of a session, and HTTP+SSE."""
    wire.http.timeout = PATIENCE
    body = wire.modern_body("subscriptions/listen", {"notifications": {"toolsListChanged": True}})
    modern = events(open_things.enter_context(wire.stream(body, modern_headers(body))))
    next(modern)
    standing = events(open_things.enter_context(wire.session().listen()))
    _, oldest = open_things.enter_context(sse(wire))
    return [modern, standing, oldest]
