"""Complete flows side by side: nobody fails, nobody is signed out, and what may happen once happens once."""

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import httpx
import pytest

from tests.clients.app import CALLBACK, App, Pkce
from tests.clients.wire import Wire
from tests.concurrency.conftest import NAMES, THREADS, at_once
from tests.conftest import PASSWORD
from tests.live import LiveServer
from tests.person import Person

FLOWS = 6
REFRESHES = 3

# Facts of the database, as one JSON object.
LEDGER = """
import json
from oauth_bridge.models import Connection, ConnectionRefreshToken
links = ConnectionRefreshToken.objects
print(json.dumps({
    "connections": list(Connection.objects.values_list("state", flat=True)),
    "families": links.values("refresh_token__token_family").distinct().count(),
    "alive": links.filter(refresh_token__revoked__isnull=True).count(),
    "rotated": links.filter(rotated_at__isnull=False).count(),
    "ended": links.filter(refresh_token__revoked__isnull=False, rotated_at__isnull=True).count(),
}))
"""


def ledger(server: LiveServer) -> dict[str, Any]:
    """What the database has."""
    facts: dict[str, Any] = json.loads(server.manage("shell", "--no-imports", "-c", LEDGER))
    return facts


def greets(server: LiveServer, token: str) -> bool:
    """Whether a call with this access token is answered."""
    wire = Wire(server.url, token)
    with closing(wire.http):
        answer = wire.call("greet", None, name="Ada")
    return answer.status_code == 200 and "Hello, Ada!" in answer.text


def flows(server: LiveServer, username: str) -> list[bool]:
    """Whether each of one person's flows ended with a call that was answered."""
    person = Person(server.url, username, PASSWORD)
    answered = []
    with closing(person.browser):
        for number in range(FLOWS):
            client = App(server.url, f"{username}'s app {number}")
            with closing(client.http):
                token = client.connect(person)
                for _ in range(REFRESHES):
                    token = client.refresh()
                answered.append(greets(server, token))
    return answered


@pytest.fixture(scope="module")
def answered(server: LiveServer) -> list[bool]:
    """Register, authorize, consent, token, refreshes and a call: by sixteen people, six times each."""
    with ThreadPoolExecutor(THREADS) as pool:
        return [one for each in pool.map(flows, [server] * THREADS, NAMES) for one in each]


@pytest.fixture(scope="module")
def afterwards(server: LiveServer, answered: list[bool]) -> dict[str, Any]:
    """What the database has once they are through."""
    return ledger(server)


class TestSideBySide:
    def test_every_flow_ends_with_a_call(self, answered: list[bool]) -> None:
        assert answered == [True] * THREADS * FLOWS

    def test_no_connection_or_family_was_revoked(self, afterwards: dict[str, Any]) -> None:
        assert Counter(afterwards["connections"]) == {"active": THREADS * FLOWS}
        assert afterwards["ended"] == 0

    def test_every_family_has_one_token_that_is_alive(self, afterwards: dict[str, Any]) -> None:
        count = THREADS * FLOWS
        assert (afterwards["families"], afterwards["alive"]) == (count, count)
        assert afterwards["rotated"] == count * REFRESHES

    def test_the_server_had_no_error(self, server: LiveServer, answered: list[bool]) -> None:
        assert "Traceback" not in server.log_text()
        assert "its grant ends" not in server.log_text()


class TestOneToken:
    def test_refreshed_by_many_at_once_gives_each_a_sibling(self, server: LiveServer, person: Person, app: App) -> None:
        """RFC 9700 §4.14.2: two windows that refresh at once are no theft."""
        app.connect(person)
        form = {
            "grant_type": "refresh_token",
            "refresh_token": app.tokens["refresh_token"],
            "client_id": app.client_id,
        }

        answers = at_once(8, lambda: httpx.post(f"{server.url}/token", data=form, timeout=30))

        assert [answer.status_code for answer in answers] == [200] * 8
        tokens = {answer.json()["access_token"] for answer in answers}
        assert len(tokens) == 8
        assert all(greets(server, token) for token in tokens)


class TestOneCode:
    def test_exchanged_by_many_at_once_gives_tokens_once(self, server: LiveServer, person: Person, app: App) -> None:
        """RFC 6749 §4.1.2; and these end, because the code was in more than one hand."""
        pkce = Pkce()
        form = {
            "grant_type": "authorization_code",
            "code": app.ask(person, pkce)["code"],
            "code_verifier": pkce.verifier,
            "redirect_uri": CALLBACK,
            "client_id": app.client_id,
        }

        answers = at_once(8, lambda: httpx.post(f"{server.url}/token", data=form, timeout=30))

        assert Counter(answer.status_code for answer in answers) == {200: 1, 400: 7}
        assert {answer.json().get("error") for answer in answers} == {None, "invalid_grant"}
        (token,) = (answer.json()["access_token"] for answer in answers if answer.status_code == 200)
        assert not greets(server, token)
