"""The flight recorder of a live server: written by its own thread, read from the database."""

import json
from typing import Any

import httpx
import pytest

from tests.clients.conftest import AppOf, WireOf, eventually
from tests.conftest import PersonOf
from tests.live import NO_AUTHORITIES, LiveServer
from tests.person import StuckError

READ = """
import json
from oauth_bridge.models import ConnectionAttempt
for row in ConnectionAttempt.objects.filter(client_name={name!r}).order_by("pk"):
    steps = [entry["text"] for entry in row.timeline]
    print(json.dumps([row.outcome, row.user_name, steps]))
"""


def recorded(live: LiveServer, name: str) -> list[list[Any]]:
    """How each attempt of a client ended, whose it was, and its steps."""
    return [
        json.loads(line) for line in live.manage("shell", "--no-imports", "-c", READ.format(name=name)).splitlines()
    ]


def test_a_client_that_connects_leaves_one_row(live: LiveServer, app: AppOf, person: PersonOf, wire_of: WireOf) -> None:
    name = f"Recorded by {live.server}"
    with httpx.Client(base_url=live.url, timeout=60, verify=NO_AUTHORITIES) as program:
        challenge = program.post("/mcp", json={"jsonrpc": "2.0", "id": 1, "method": "ping"})
        assert challenge.status_code == 401
        program.get("/.well-known/oauth-protected-resource/mcp").raise_for_status()
        program.get("/.well-known/oauth-authorization-server").raise_for_status()
    client = app(name)
    wire = wire_of(client.connect(person()))
    assert wire.call("greet", None, name="Ada").status_code == 200
    assert eventually(lambda: [row[:2] for row in recorded(live, name)] == [["Connected", "alice"]])
    ((_, _, steps),) = recorded(live, name)
    # Whoever waited for the server to come up read a document too, from here and with the same library.
    assert steps[-9:] == [
        "Called without a token, and was told where to ask for one",
        "Read /.well-known/oauth-protected-resource/mcp",
        "Read /.well-known/oauth-authorization-server",
        "Registered",
        "Sent somebody to the authorization page",
        "Somebody who is signed in came back to it, and was asked",
        "Was allowed, and sent back with a code",
        "Was given a token",
        "Made a call with it",
    ]


def test_one_that_is_turned_away_leaves_why(live: LiveServer, app: AppOf, person: PersonOf) -> None:
    name = f"Turned away by {live.server}"
    client = app(name)
    registered, client.redirect_uri = client.redirect_uri, "https://client.example/elsewhere"
    with pytest.raises(StuckError, match=r"^400 "):
        client.connect(person())
    why = f"The redirect URI https://client.example/elsewhere is not registered; registered are {registered}."
    assert eventually(lambda: [row[0] for row in recorded(live, name)] == [f"Failed at authorization request: {why}"])
