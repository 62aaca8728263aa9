"""Questions to the client on the wire: input-required rounds of 2026-07-28, requests on the stream of a session."""

from collections.abc import Callable

import httpx
import pytest

from tests.clients.conftest import AppOf, WireOf
from tests.clients.wire import INVALID_PARAMS, PREFIX, Json, Wire, answer, events, refused
from tests.conftest import PersonOf

MISSING_CAPABILITY = -32021
ELICITING: Json = {f"{PREFIX}clientCapabilities": {"elicitation": {}}}
ADA: Json = {"action": "accept", "content": {"name": "Ada"}}


def ask(wire: Wire, **more: object) -> httpx.Response:
    """A call of the tool that asks for a name, by a client that can put questions to a person."""
    return wire.modern("tools/call", {"name": "ask_name", "arguments": {}, "_meta": ELICITING, **more})


def test_a_call_that_needs_input_says_so(wire: Wire) -> None:
    result = answer(ask(wire))["result"]

    assert result["resultType"] == "input_required"
    assert result["inputRequests"]["elicitation"]["method"] == "elicitation/create"
    assert result["requestState"]


def test_the_call_goes_on_with_the_answer(wire: Wire) -> None:
    state = answer(ask(wire))["result"]["requestState"]

    result = answer(ask(wire, requestState=state, inputResponses={"elicitation": ADA}))["result"]

    assert result["resultType"] == "complete"
    assert result["structuredContent"] == {"result": "accept: Ada"}


def test_it_is_asked_again_when_the_answer_is_missing(wire: Wire) -> None:
    state = answer(ask(wire))["result"]["requestState"]

    result = answer(ask(wire, requestState=state, inputResponses={"something else": ADA}))["result"]

    assert result["resultType"] == "input_required"


@pytest.mark.parametrize(
    "spoil", [str.swapcase, lambda state: state + "-TAMPERED", lambda state: state[:-4], lambda _: "x"]
)
def test_state_that_was_touched_is_refused(wire: Wire, spoil: Callable[[str], str]) -> None:
    state = spoil(answer(ask(wire))["result"]["requestState"])

    assert answer(ask(wire, requestState=state, inputResponses={"elicitation": ADA}))["error"]["code"] == INVALID_PARAMS


def test_state_of_somebody_else_is_refused(wire: Wire, bobs_wire: Wire) -> None:
    state = answer(ask(wire))["result"]["requestState"]

    response = ask(bobs_wire, requestState=state, inputResponses={"elicitation": ADA})

    assert answer(response)["error"]["code"] == INVALID_PARAMS


def test_state_of_another_client_of_the_same_person_is_refused(
    wire: Wire, app: AppOf, person: PersonOf, wire_of: WireOf
) -> None:
    state = answer(ask(wire))["result"]["requestState"]
    other = wire_of(app().connect(person()))

    response = ask(other, requestState=state, inputResponses={"elicitation": ADA})

    assert answer(response)["error"]["code"] == INVALID_PARAMS


def test_state_of_another_call_is_refused(wire: Wire) -> None:
    state = answer(ask(wire))["result"]["requestState"]

    response = wire.modern(
        "tools/call", {"name": "ask_model", "arguments": {}, "_meta": ELICITING, "requestState": state}
    )

    assert answer(response)["error"]["code"] == INVALID_PARAMS


def test_state_survives_a_refreshed_token(app: AppOf, person: PersonOf, wire_of: WireOf) -> None:
    client = app()
    state = answer(ask(wire_of(client.connect(person()))))["result"]["requestState"]

    response = ask(wire_of(client.refresh()), requestState=state, inputResponses={"elicitation": ADA})

    assert answer(response)["result"]["structuredContent"] == {"result": "accept: Ada"}


def test_a_client_that_cannot_be_asked_is_told_what_it_lacks(wire: Wire) -> None:
    error = refused(wire.call("ask_name"), 400, MISSING_CAPABILITY)

    assert error["data"]["requiredCapabilities"] == {"elicitation": {}}


def test_a_client_of_a_session_that_cannot_be_asked_gets_a_tool_error(wire: Wire) -> None:
    result = answer(wire.session().call("ask_name"))["result"]

    assert result["isError"] is True
    assert "elicitation" in result["content"][0]["text"]


def test_a_session_is_asked_on_the_stream_and_answers_in_a_post(wire: Wire) -> None:
    session = wire.session(capabilities={"elicitation": {}})
    body = wire.body("tools/call", {"name": "ask_name", "arguments": {}})

    with wire.stream(body, session.headers) as response:
        stream = events(response)
        question = next(event.message for event in stream if event.message.get("method") == "elicitation/create")
        posted = wire.post({"jsonrpc": "2.0", "id": question["id"], "result": ADA}, session.headers)
        result = next(event.message["result"] for event in stream if "result" in event.message)

    assert posted.status_code == 202
    assert result["structuredContent"] == {"result": "accept: Ada"}


def test_an_error_for_an_answer_fails_the_call_and_not_the_session(wire: Wire) -> None:
    session = wire.session(capabilities={"elicitation": {}})
    body = wire.body("tools/call", {"name": "ask_name", "arguments": {}})

    with wire.stream(body, session.headers) as response:
        stream = events(response)
        question = next(event.message for event in stream if event.message.get("method") == "elicitation/create")
        error = {"code": -1, "message": "The person left."}
        wire.post({"jsonrpc": "2.0", "id": question["id"], "error": error}, session.headers)
        last = list(stream)[-1].message

    assert "error" in last or last["result"]["isError"] is True
    assert session.send("ping").status_code == 200


def test_nobody_else_can_answer(wire: Wire, bobs_wire: Wire) -> None:
    session, theirs = wire.session(capabilities={"elicitation": {}}), bobs_wire.session()
    body = wire.body("tools/call", {"name": "ask_name", "arguments": {}})

    with wire.stream(body, session.headers) as response:
        stream = events(response)
        question = next(event.message for event in stream if event.message.get("method") == "elicitation/create")
        forged = {"action": "accept", "content": {"name": "Mallory"}}
        bobs_wire.post({"jsonrpc": "2.0", "id": question["id"], "result": forged}, theirs.headers)
        wire.post({"jsonrpc": "2.0", "id": question["id"], "result": ADA}, session.headers)
        result = next(event.message["result"] for event in stream if "result" in event.message)

    assert result["structuredContent"] == {"result": "accept: Ada"}


@pytest.mark.parametrize(
    "junk", [None, 7, "yes", [], {}, {"action": "perhaps"}, {"action": "accept", "content": "Ada"}]
)
def test_an_answer_that_makes_no_sense_breaks_nothing(wire: Wire, junk: object) -> None:
    state = answer(ask(wire))["result"]["requestState"]

    response = ask(wire, requestState=state, inputResponses={"elicitation": junk})

    assert response.status_code in (200, 400)
    told = answer(response)
    assert "error" in told or told["result"]["resultType"] == "input_required"
