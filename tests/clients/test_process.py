"""The end of a server process, asked for or not, as its clients meet it."""

from collections.abc import Iterator
from contextlib import ExitStack, closing

import pytest

from tests.clients.app import App
from tests.clients.wire import Wire, answer, events, modern_headers, refused
from tests.conftest import PASSWORD, USERS
from tests.live import LiveServer
from tests.person import Person


@pytest.fixture(scope="module", params=["daphne", "uvicorn"])
def live(request: pytest.FixtureRequest) -> Iterator[LiveServer]:
    """A server that tests may end."""
    with LiveServer(request.param, settings="tests.clients.settings", users=USERS) as server:
        yield server


@pytest.fixture(scope="module")
def connected(live: LiveServer) -> Iterator[dict[str, App]]:
    """An app that alice connected."""
    with ExitStack() as open_clients:
        alice = Person(live.url, "alice", PASSWORD)
        open_clients.enter_context(closing(alice.browser))
        app = App(live.url)
        open_clients.enter_context(closing(app.http))
        app.connect(alice)
        yield {"alice": app}


def test_a_server_that_is_told_to_end_does_so_with_streams_open(live: LiveServer, wire: Wire) -> None:
    body = wire.modern_body("subscriptions/listen", {"notifications": {"toolsListChanged": True}})
    with ExitStack() as streams:
        listening = streams.enter_context(wire.stream(body, modern_headers(body)))
        standing = streams.enter_context(wire.session().listen())
        oldest = streams.enter_context(wire.http.stream("GET", "/sse"))
        next(events(listening))
        next(events(oldest))

        live.stop()

        assert standing.status_code == 200
    assert live.ended_orderly
    live.start()


def test_a_token_outlives_the_process_that_issued_it(live: LiveServer, wire: Wire) -> None:
    live.kill()
    live.start()

    assert answer(wire.call("greet", None, name="Ada"))["result"]["content"][0]["text"] == "Hello, Ada!"


def test_a_client_whose_session_died_with_the_process_is_told_to_begin_anew(live: LiveServer, wire: Wire) -> None:
    session = wire.session()
    live.kill()
    live.start()

    refused(session.send("ping"), 404)
    assert wire.session().send("ping").status_code == 200
