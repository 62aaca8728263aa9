"""Real servers that are stopped or killed the moment after they answered: every call has its row."""

import json
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager

import httpx
import pytest

from tests.clients.app import App
from tests.clients.conftest import eventually
from tests.clients.wire import Wire
from tests.conftest import PASSWORD
from tests.live import LiveServer, ServerName
from tests.person import Person

CALLS = 20
SLOW = "tests.mcp_endpoint.ledger.slow_settings"
QUERY = """
import json
from mcp_endpoint.models import ToolCall
print(json.dumps(list(ToolCall.objects.order_by("pk").values_list("tool", "outcome", "request_id"))))
"""


@contextmanager
def connected(name: ServerName, settings: str = SLOW, **env: str) -> Iterator[tuple[LiveServer, Wire]]:
    """A server of its own, and a client that alice connected."""
    with LiveServer(name, settings, env, users={"alice": PASSWORD}) as server:
        alice, app = Person(server.url, "alice", PASSWORD), App(server.url)
        with closing(alice.browser), closing(app.http):
            wire = Wire(server.url, app.connect(alice))
            with closing(wire.http):
                yield server, wire


def rows(server: LiveServer) -> list[tuple[str, str, str]]:
    """Tool, outcome and request id of each row, in the order of writing."""
    return [tuple(row) for row in json.loads(server.manage("shell", "--no-imports", "-c", QUERY))]


servers = pytest.mark.parametrize("name", ["daphne", "uvicorn"])


@servers
def test_a_stopped_server_has_written_every_call_that_it_answered(name: ServerName) -> None:
    with connected(name) as (server, wire):
        for _ in range(CALLS):
            assert wire.call("greet", name="Ada").status_code == 200
        server.stop()
        assert server.ended_orderly
        assert [(tool, outcome) for tool, outcome, _ in rows(server)] == [("greet", "ok")] * CALLS


@servers
def test_a_call_that_the_stop_cuts_short_is_written_too(name: ServerName) -> None:
    with connected(name) as (server, wire):
        session = wire.session()
        body = wire.body(
            "tools/call", {"name": "wait_forever", "arguments": {"label": "x"}, "_meta": {"progressToken": "t"}}
        )
        begun = threading.Event()

        def hold() -> None:
            try:
                with wire.stream(body, session.headers) as response:
                    for _ in response.iter_lines():
                        begun.set()
            except httpx.TransportError:
                pass

        holder = threading.Thread(target=hold)
        holder.start()
        assert begun.wait(15)
        server.stop()
        holder.join()
        assert [(tool, outcome) for tool, outcome, _ in rows(server)] == [("wait_forever", "cancelled")]


@servers
def test_a_strict_server_that_is_killed_has_written_every_call_that_it_answered(name: ServerName) -> None:
    with connected(name, MCP_LEDGER="strict") as (server, wire):
        for number in range(CALLS):
            assert wire.call("greet", name=str(number)).status_code == 200
        server.kill()
        assert len(rows(server)) == CALLS


@servers
def test_a_server_that_goes_on_writes_its_calls_soon(name: ServerName) -> None:
    with connected(name, settings="tests.clients.settings") as (server, wire):
        wire.call("greet", name="Ada")
        assert eventually(lambda: len(rows(server)) == 1)
