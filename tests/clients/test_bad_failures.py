"""What a tool that fails leaves behind: for the client, for the session, and in the log."""

import pytest

from tests.clients.conftest import AppOf, WireOf
from tests.clients.lab.mcp import SECRET
from tests.clients.wire import (
    Wire,
    answer,
)
from tests.conftest import PersonOf
from tests.live import LiveServer

# --- Tools that fail ---------------------------------------------------------------------------


@pytest.mark.parametrize("tool", ["explode", "explode_later"])
def test_a_tool_that_raises_says_nothing_of_it_to_the_client(wire: Wire, live: LiveServer, tool: str) -> None:
    response = wire.call(tool)

    assert response.status_code == 200
    assert answer(response)["result"]["isError"] is True
    assert SECRET not in response.text
    assert "RuntimeError" not in response.text


def test_a_tool_that_raises_leaves_its_traceback_in_the_log(wire: Wire, live: LiveServer) -> None:
    before = len(live.log_text())

    wire.call("explode")

    assert f"RuntimeError: {SECRET}" in live.log_text()[before:]


def test_a_session_outlives_a_tool_that_raises(wire: Wire) -> None:
    session = wire.session()

    assert answer(session.call("explode"))["result"]["isError"] is True
    assert answer(session.call("greet", name="Ada"))["result"]["content"][0]["text"] == "Hello, Ada!"


def test_a_tool_error_reaches_the_model_in_its_own_words(wire: Wire) -> None:
    result = answer(wire.call("refuse"))["result"]

    assert result["isError"] is True
    assert "The laboratory is closed." in result["content"][0]["text"]


# --- The log -----------------------------------------------------------------------------------


def test_the_log_has_no_secret(live: LiveServer, app: AppOf, person: PersonOf, wire_of: WireOf) -> None:
    client = app()
    wire_of(client.connect(person())).call("greet", None, name="Ada")
    wire_of(client.refresh()).session().call("explode")
    client.revoke()

    log = live.log_text()

    assert log
    assert client.secrets
    assert [secret for secret in client.secrets if secret in log] == []
