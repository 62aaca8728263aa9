"""A PostgreSQL of this test's own restarts: calls meanwhile are told to come again, and all is well afterwards."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import httpx
import pytest

from tests.clients.wire import Wire, answer, events, modern_headers, refused
from tests.conftest import PASSWORD
from tests.live import NO_AUTHORITIES, ServerName
from tests.person import Person
from tests.scale.lone import Lone, lone
from tests.scale.own_postgresql import OwnPostgresql, own_postgresql

AWAY = "This server cannot reach its storage for the moment: try again"


@pytest.fixture(scope="module")
def postgresql() -> Iterator[OwnPostgresql]:
    with own_postgresql() as server:
        yield server


@pytest.fixture(params=["uvicorn", "daphne"])
def site(request: pytest.FixtureRequest, postgresql: OwnPostgresql) -> Iterator[Lone]:
    """A server on a database of its own there."""
    name: ServerName = request.param
    url = postgresql.database(name)
    with lone(name, {"DATABASE_URL": url, "MCP_THREADS": "4"}, users={}) as found:
        found.server.manage("migrate", "--verbosity", "0")
        found.server.create_user("alice", PASSWORD)
        yield found


def notes(wire: Wire) -> list[httpx.Response]:
    """Answers of a tool that asks the database, called at once by more callers than there are threads."""
    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(lambda _: wire.call("list_notes", None), range(8)))


def test_calls_are_told_to_come_again_and_all_recovers(site: Lone, postgresql: OwnPostgresql) -> None:
    wire = site.wire()
    session = site.wire().session()
    assert {response.status_code for response in notes(wire)} == {200}
    body = wire.modern_body("subscriptions/listen", {"notifications": {"toolsListChanged": True}})
    with wire.stream(body, modern_headers(body)) as response:
        listening = events(response)
        next(listening)

        postgresql.stop()
        for told in (*notes(site.wire()), session.call("list_notes"), site.wire().initialize(), session.send("ping")):
            assert refused(told, 503)["message"] == AWAY
            assert told.headers["Retry-After"] == "2"
        assert_pages_say_so(site)
        postgresql.start()

        # Every thread has a connection from before, and nobody's call fails for it.
        assert all("error" not in answer(told) and told.status_code == 200 for told in notes(site.wire()))
        assert session.call("list_notes").status_code == 200
        assert site.wire().initialize().status_code == 200
        alice = Person(site.server.url, "alice", PASSWORD)
        with closing(alice.browser):
            assert alice.open("/account/connections/").status_code == 200
        site.signal()
        assert next(listening).message["result"]["resultType"] == "complete"  # it was open all the time
    assert site.server.wait(60) == 0


def assert_pages_say_so(site: Lone) -> None:
    with httpx.Client(
        base_url=site.server.url, timeout=60, verify=NO_AUTHORITIES, cookies={"sessionid": "a" * 32}
    ) as browser:
        form = {"grant_type": "refresh_token", "refresh_token": "x" * 40, "client_id": "nobody"}
        token = browser.post("/token", data=form)
        assert (token.status_code, token.json()["error"]) == (503, "temporarily_unavailable")
        page = browser.get("/account/connections/")
        assert (page.status_code, "cannot reach its own storage" in page.text) == (503, True)
        assert {token.headers["Retry-After"], page.headers["Retry-After"]} == {"2"}
