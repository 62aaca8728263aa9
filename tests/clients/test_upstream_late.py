"""A session whose user takes longer to link an account than a call may wait."""

from collections.abc import Iterator

import pytest

from tests.clients.conftest import AppOf, WireOf
from tests.clients.linking import ACCEPT, CALL, URL_MODE, agree
from tests.clients.wire import answer, events
from tests.conftest import USERS, PersonOf
from tests.fake_github import FakeGitHub
from tests.live import LiveServer

URL_ELICITATION_REQUIRED = -32042


@pytest.fixture(scope="module", params=["daphne", "uvicorn"])
def live(request: pytest.FixtureRequest) -> Iterator[LiveServer]:
    """The site with a GitHub and without patience."""
    with FakeGitHub() as github:
        env = {**github.settings(), "MCP_ASK_TIMEOUT": "4"}
        with LiveServer(request.param, settings="tests.clients.settings", env=env, users=USERS) as server:
            yield server


def test_the_error_says_what_is_missing_and_the_session_hears_when_it_is_there(
    app: AppOf, person: PersonOf, wire_of: WireOf
) -> None:
    wire = wire_of(app().connect(person()))
    session = wire.session(capabilities=URL_MODE)
    with wire.stream(wire.body("tools/call", CALL), session.headers) as response:
        stream = events(response)
        question = next(event.message for event in stream if event.message.get("method") == "elicitation/create")
        wire.post({"jsonrpc": "2.0", "id": question["id"], "result": ACCEPT}, session.headers)
        (failed,) = (event.message for event in stream if event.data)

    assert failed["error"]["code"] == URL_ELICITATION_REQUIRED
    (elicitation,) = failed["error"]["data"]["elicitations"]
    assert elicitation == question["params"]

    with session.listen() as response:
        agree(person(), elicitation["url"])
        told = next(event.message for event in events(response) if event.data)

    assert told["method"] == "notifications/elicitation/complete"
    assert told["params"] == {"elicitationId": elicitation["elicitationId"]}
    assert answer(session.call("github_profile"))["result"]["structuredContent"]["login"] == "octocat"
