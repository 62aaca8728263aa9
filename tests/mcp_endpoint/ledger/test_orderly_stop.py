"""Real servers that are stopped or killed the moment after they answered: every call has its row."""

import json
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from itertools import count

import httpx
import pytest

from tests.clients.app import App
from tests.clients.conftest import eventually
from tests.clients.wire import Wire
from tests.conftest import PASSWORD
from tests.live import LiveServer, ServerName
from tests.person import Person

CALLS = 20
BURST, EACH = 12, 3
"""Callers at a time, and the calls of each before the stop."""
SLOW = "tests.mcp_endpoint.ledger.slow_settings"
QUERY = """
import json
from mcp_endpoint.models import ToolCall
print(json.dumps(list(ToolCall.objects.order_by("pk").values_list("tool", "outcome", "request_id"))))
"""

RENAME = "from django.db import connection\nconnection.cursor().execute('ALTER TABLE {} RENAME TO {}')"


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
def test_a_stop_amid_a_burst_of_calls_loses_none_that_was_answered(name: ServerName) -> None:
    """Callers that never pause: some calls are answered, some run and some are in the socket when it stops."""
    answered: list[str] = []
    warm = threading.Barrier(BURST + 1)

    def call(caller: Wire) -> None:
        with closing(caller.http), suppress(httpx.TransportError):
            for number in count():
                if number == EACH:
                    warm.wait(60)
                if "Hello" in caller.call("greet", name=str(number)).text:
                    answered.append(str(number))

    with connected(name) as (server, wire):
        token = wire.http.headers["Authorization"].removeprefix("Bearer ")
        callers = [threading.Thread(target=call, args=(Wire(server.url, token),)) for _ in range(BURST)]
        for caller in callers:
            caller.start()
        warm.wait(60)
        server.stop()
        for caller in callers:
            caller.join()
        assert server.ended_orderly
        written = [outcome for _, outcome, _ in rows(server)]
        assert len(answered) >= EACH * BURST
        assert written.count("ok") >= len(answered)


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
def test_a_strict_server_withholds_results_while_the_database_refuses_and_says_so(name: ServerName) -> None:
    with connected(name, MCP_LEDGER="strict") as (server, wire):
        server.manage("shell", "--no-imports", "-c", RENAME.format("mcp_endpoint_toolcall", "elsewhere"))
        answer = wire.call("greet", name="Ada")
        assert "Hello" not in answer.text
        assert "it could not be recorded: its result is withheld" in answer.text
        assert "The ledger cannot be written" in server.log_text()
        server.manage("shell", "--no-imports", "-c", RENAME.format("elsewhere", "mcp_endpoint_toolcall"))
        assert eventually(lambda: "Hello" in wire.call("greet", name="Ada").text)
        assert rows(server)[0][:2] == ("greet", "ok")  # the first one was kept, and is written now


@servers
def test_a_server_that_goes_on_writes_its_calls_soon(name: ServerName) -> None:
    with connected(name, settings="tests.clients.settings") as (server, wire):
        wire.call("greet", name="Ada")
        assert eventually(lambda: len(rows(server)) == 1)
