"""As much as one user may have, and no more; and nobody else notices."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from tests.clients.conftest import eventually
from tests.clients.test_http_sse import sse
from tests.clients.wire import Session, Wire, events, modern_headers, refused
from tests.live import ServerName
from tests.scale.lone import Lone, lone, said

SESSIONS, STREAMS, CALLS = 20, 3, 4
LONG = 60
"""Seconds that a call is held unless it is released."""
LIMITS: dict[str, str | None] = {
    "MCP_MAX_SESSIONS_PER_USER": str(SESSIONS),
    "MCP_MAX_STREAMS_PER_USER": str(STREAMS),
    "MCP_MAX_CALLS_PER_USER": str(CALLS),
}


@pytest.fixture(scope="module", params=["uvicorn", "daphne"])
def site(request: pytest.FixtureRequest) -> Iterator[Lone]:
    """A server that takes little from each user."""
    name: ServerName = request.param
    with lone(name, LIMITS) as found:
        yield found


def test_a_burst_of_sessions_gets_so_many_and_an_error(site: Lone) -> None:
    """Ten times as many as there may be, at once, while another user's calls go on."""
    wire, bob = site.wire(), site.wire("bob")
    with ThreadPoolExecutor(CALLS - 1) as pool:  # fewer at once than calls are refused
        burst = [pool.submit(wire.initialize) for _ in range(10 * SESSIONS)]
        others = [bob.call("greet", None, name="Ada").status_code for _ in range(50)]
        responses = [one.result() for one in burst]
    assert set(others) == {200}
    begun = [response for response in responses if response.status_code == 200]
    assert len(begun) == SESSIONS
    for response in responses:
        if response.status_code != 200:
            assert refused(response, 429)["data"] == {"limit": "sessions per user", "most": SESSIONS}
            assert response.headers["Retry-After"] == "60"
    assert bob.initialize().status_code == 200
    for response in begun:
        assert Session(wire, response.headers["Mcp-Session-Id"], "2025-11-25").end().status_code == 204
    assert wire.initialize().status_code == 200


def test_streams_of_every_kind_are_counted_together(site: Lone) -> None:
    body = site.wire().modern_body("subscriptions/listen", {"notifications": {"toolsListChanged": True}})
    with ExitStack() as streams:
        listening = streams.enter_context(site.wire().stream(body, modern_headers(body)))
        kept = events(listening)  # or the response is closed with it
        next(kept)
        streams.enter_context(site.wire().session().listen())
        streams.enter_context(sse(site.wire()))
        wire = site.wire()
        refusals = [
            wire.post(body, modern_headers(body)),
            wire.http.get("/sse"),
            wire.http.get("/mcp", headers={"Accept": "text/event-stream", **sent(wire.session())}),
        ]
        for response in refusals:
            assert refused(response, 429)["data"] == {"limit": "streams per user", "most": STREAMS}
            assert response.headers["Retry-After"] == "30"
        bobs = site.wire("bob")
        with bobs.stream(body, modern_headers(body)) as response:
            assert next(events(response)).message["method"] == "notifications/subscriptions/acknowledged"
        assert said(wire, "greet", name="Ada") == "Hello, Ada!"
    assert eventually(lambda: opens_a_stream(site.wire()))


def test_calls_are_counted_in_every_era(site: Lone) -> None:
    session, bob = site.wire().session(), site.wire("bob")
    with ThreadPoolExecutor(CALLS) as pool:
        running = [
            pool.submit(site.wire().call, "hold", None, label="limit", seconds=LONG),
            pool.submit(site.wire().call, "hold_thread", None, label="limit", seconds=LONG),
            pool.submit(session.call, "hold", label="limit", seconds=LONG),
            pool.submit(session.call, "hold", label="limit", seconds=LONG),
        ]
        assert eventually(lambda: said(bob, "running", label="limit") == str(CALLS))
        for response in (site.wire().call("greet", None, name="Ada"), session.send("ping"), site.wire().initialize()):
            assert refused(response, 429)["data"] == {"limit": "calls per user", "most": CALLS}
            assert response.headers["Retry-After"] == "1"
        said(bob, "release", label="limit")
        assert [one.result().status_code for one in running] == [200] * CALLS
    assert said(site.wire(), "greet", name="Ada") == "Hello, Ada!"


def sent(session: Session) -> dict[str, str]:
    return {name: value for name, value in session.headers.items() if value is not None}


def opens_a_stream(wire: Wire) -> bool:
    body = wire.modern_body("subscriptions/listen", {"notifications": {"toolsListChanged": True}})
    with wire.stream(body, modern_headers(body)) as response:
        return response.status_code == 200
