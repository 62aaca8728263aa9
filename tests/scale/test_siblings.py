"""Several processes without a Redis: said aloud, and good for what needs no session."""

from contextlib import closing

import pytest

from mcpsite.siblings import WARNING
from tests import services
from tests.clients.app import App
from tests.clients.conftest import eventually
from tests.clients.wire import Wire, answer
from tests.conftest import PASSWORD, USERS
from tests.live import LiveServer
from tests.person import Person
from tests.scale.lone import SETTINGS

TWO = ("--workers", "2", "--timeout-graceful-shutdown", "20", "--timeout-worker-healthcheck", "60")


def token_of(server: LiveServer) -> str:
    """An access token of alice's."""
    person, app = Person(server.url, "alice", PASSWORD), App(server.url)
    with closing(person.browser), closing(app.http):
        return app.connect(person)


def greet(server: LiveServer) -> None:
    wire = Wire(server.url, token_of(server))
    with closing(wire.http):
        assert wire.call("greet", None, name="Ada").status_code == 200


def test_two_processes_without_redis_are_warned_of_and_serve_requests_without_sessions() -> None:
    with LiveServer("uvicorn", SETTINGS, {"REDIS_URL": ""}, TWO, USERS) as server:
        assert eventually(lambda: server.log_text().count(WARNING) == 1, 30)
        token = token_of(server)
        for _ in range(20):  # each on a connection of its own, which either process may take
            wire = Wire(server.url, token)
            assert answer(wire.call("greet", None, name="Ada"))["result"]["content"][0]["text"] == "Hello, Ada!"
            wire.http.close()


@pytest.mark.parametrize("version", ["2025-11-25", "2025-03-26"])
def test_without_sessions_either_process_serves_every_version(version: str) -> None:
    with LiveServer("uvicorn", SETTINGS, {"REDIS_URL": "", "MCP_SESSIONS": "false"}, TWO, USERS) as server:
        token = token_of(server)
        for _ in range(10):
            wire = Wire(server.url, token)
            assert "Mcp-Session-Id" not in wire.initialize(version).headers
            body = wire.body("tools/call", {"name": "greet", "arguments": {"name": "Ada"}})
            told = wire.post(body, {"MCP-Protocol-Version": version})
            assert answer(told)["result"]["content"][0]["text"] == "Hello, Ada!"
            wire.http.close()


def test_two_processes_with_redis_are_not_warned_of() -> None:
    with LiveServer("uvicorn", SETTINGS, {"REDIS_URL": services.redis()}, TWO, USERS) as server:
        greet(server)
        assert WARNING not in server.log_text()


def test_one_process_is_not_warned_of() -> None:
    with LiveServer("daphne", SETTINGS, {"REDIS_URL": ""}, users=USERS) as server:
        greet(server)
        assert WARNING not in server.log_text()
