"""The secret key changes from process to process: what one sealed the next one opens."""

from contextlib import closing

from tests.clients.app import App
from tests.clients.wire import Wire, answer, refused
from tests.conftest import PASSWORD, USERS
from tests.live import LiveServer
from tests.person import Person
from tests.scale.lone import SETTINGS

OLD, NEW = "old-key-" + "0" * 50, "new-key-" + "1" * 50


def ask(wire: Wire, **more: object) -> dict[str, object]:
    capabilities = {"io.modelcontextprotocol/clientCapabilities": {"elicitation": {}}}
    params = {"name": "ask_name", "arguments": {}, "_meta": capabilities, **more}
    return dict(answer(wire.modern("tools/call", params)))


def come_back(wire: Wire, state: object) -> dict[str, object]:
    said = {"elicitation": {"action": "accept", "content": {"name": "Ada"}}}
    return ask(wire, requestState=state, inputResponses=said)


def test_state_that_was_sealed_before_a_rotation_is_opened_after_it_and_not_without_the_old_key() -> None:
    with LiveServer("uvicorn", SETTINGS, {"SECRET_KEY": OLD}, users=USERS) as before:
        person, app = Person(before.url, "alice", PASSWORD), App(before.url)
        with closing(person.browser), closing(app.http):
            token = app.connect(person)
        shared: dict[str, str | None] = {
            "PUBLIC_URL": before.url,
            "DATABASE_URL": before.environment()["DATABASE_URL"],
            "SECRET_KEY": NEW,
        }
        with (
            LiveServer("daphne", SETTINGS, {**shared, "SECRET_KEY_FALLBACKS": OLD}) as after,
            LiveServer("daphne", SETTINGS, shared) as without,
        ):
            first, second, third = (Wire(server.url, token) for server in (before, after, without))
            with closing(first.http), closing(second.http), closing(third.http):
                sealed_before = ask(first)["result"]["requestState"]
                sealed_after = ask(second)["result"]["requestState"]
                assert come_back(second, sealed_before)["result"]["content"][0]["text"] == "accept: Ada"
                assert come_back(second, sealed_after)["result"]["content"][0]["text"] == "accept: Ada"
                assert come_back(third, sealed_after)["result"]["content"][0]["text"] == "accept: Ada"
                said = {"elicitation": {"action": "accept", "content": {"name": "Ada"}}}
                for wire, sealed in ((third, sealed_before), (first, sealed_after)):
                    params = {"name": "ask_name", "arguments": {}, "requestState": sealed, "inputResponses": said}
                    refused(wire.modern("tools/call", params), 400)
