"""Access that ends: refreshed, revoked, switched off; each takes effect on the next request and ends what is open."""

from contextlib import ExitStack, closing

import pytest

from tests.clients.app import App
from tests.clients.conftest import AppOf, WireOf
from tests.clients.wire import Wire, events, modern_headers, refused
from tests.conftest import PASSWORD, PersonOf
from tests.live import LiveServer
from tests.person import Person


def test_a_refreshed_token_works(app: AppOf, person: PersonOf, wire_of: WireOf) -> None:
    client = app()
    client.connect(person())

    assert wire_of(client.refresh()).call("greet", None, name="Ada").status_code == 200


def test_a_session_goes_on_with_a_refreshed_token(app: AppOf, person: PersonOf, wire_of: WireOf) -> None:
    client = app()
    session = wire_of(client.connect(person())).session()

    response = wire_of(client.refresh()).post(session.wire.body("ping"), session.headers)

    assert response.status_code == 200


def test_revoking_takes_effect_on_the_next_request(app: AppOf, person: PersonOf, wire_of: WireOf) -> None:
    client = app()
    wire = wire_of(client.connect(person()))
    assert wire.call("greet", None, name="Ada").status_code == 200

    client.revoke()

    refused(wire.call("greet", None, name="Ada"), 401)


def test_revoking_ends_the_standing_stream(app: AppOf, person: PersonOf, wire_of: WireOf) -> None:
    client = app()
    session = wire_of(client.connect(person())).session()

    with session.listen() as response:
        client.revoke()
        assert [event for event in events(response) if event.data] == []


def test_revoking_ends_a_listener_of_the_2026_era(app: AppOf, person: PersonOf, wire_of: WireOf) -> None:
    client = app()
    wire = wire_of(client.connect(person()))
    body = wire.modern_body("subscriptions/listen", {"notifications": {"toolsListChanged": True}})

    with wire.stream(body, modern_headers(body)) as response:
        stream = events(response)
        next(stream)
        client.revoke()
        assert [event for event in stream if event.message.get("method")] == []


def test_revoking_ends_a_call_that_runs(app: AppOf, person: PersonOf, wire_of: WireOf) -> None:
    client = app()
    session = wire_of(client.connect(person())).session()
    arguments = {"label": f"revoked {session.id}"}
    body = session.wire.body(
        "tools/call", {"name": "wait_forever", "arguments": arguments, "_meta": {"progressToken": 1}}
    )

    with session.wire.stream(body, session.headers) as response:
        stream = events(response)
        next(event for event in stream if event.data)
        client.revoke()
        assert [event for event in stream if "result" in event.message] == []


def test_revoking_one_connection_leaves_the_others(app: AppOf, person: PersonOf, wire_of: WireOf) -> None:
    alice = person()
    revoked, other = app("Revoked"), app("Other")
    revoked.connect(alice)
    wire = wire_of(other.connect(alice))

    revoked.revoke()

    assert wire.call("greet", None, name="Ada").status_code == 200


# --- What an operator switches off ------------------------------------------------------------

SWITCHES = {
    "a user who was deactivated": ("carol", "User.objects.filter(username='carol').update(is_active=False)"),
    "a user who was deleted": ("dave", "User.objects.filter(username='dave').delete()"),
    "a client that was disabled": ("alice", "Client.objects.filter(name='Disabled').update(disabled=True)"),
    "a client that was deleted": ("bob", "Client.objects.filter(name='Deleted').delete()"),
}
NAMES = {"carol": "Of carol", "dave": "Of dave", "alice": "Disabled", "bob": "Deleted"}


@pytest.fixture(scope="module")
def switched_off(live: LiveServer) -> dict[str, str]:
    """Access tokens that worked until an operator, in another process, made all of these changes."""
    tokens = {}
    with ExitStack() as open_clients:
        for label, (username, _) in SWITCHES.items():
            somebody = Person(live.url, username, PASSWORD)
            open_clients.enter_context(closing(somebody.browser))
            client = App(live.url, NAMES[username])
            open_clients.enter_context(closing(client.http))
            tokens[label] = client.connect(somebody)
            wire = Wire(live.url, tokens[label])
            open_clients.enter_context(closing(wire.http))
            assert wire.call("greet", None, name="Ada").status_code == 200
    imports = "from accounts.models import User\nfrom oauth_bridge.models import Client\n"
    changes = "\n".join(change for _, change in SWITCHES.values())
    live.manage("shell", "--no-imports", "-c", imports + changes)
    return tokens


@pytest.mark.parametrize("label", SWITCHES)
def test_what_was_switched_off_is_off_on_the_next_request(
    switched_off: dict[str, str], wire_of: WireOf, label: str
) -> None:
    refused(wire_of(switched_off[label]).call("greet", None, name="Ada"), 401)
