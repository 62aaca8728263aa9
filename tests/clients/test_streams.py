"""Event streams on the wire: when there is one, how it is resumed, what ends it."""

from collections.abc import Iterator

import httpx
import pytest

from tests.clients.conftest import eventually
from tests.clients.wire import INVALID_REQUEST, Event, Wire, answer, events, modern_headers, refused

PROGRESS = {"progressToken": "a-token"}


def first(stream: Iterator[Event], method: str) -> Event:
    """The next event that carries a message of that method."""
    return next(event for event in stream if event.message.get("method") == method)


def rest(stream: Iterator[Event]) -> list[str]:
    """Log texts and the result's text of what is left of a stream."""
    said = []
    for event in stream:
        if event.message.get("method") == "notifications/message":
            said.append(event.message["params"]["data"])
        elif "result" in event.message:
            said.append(event.message["result"]["content"][0]["text"])
    return said


def session_call(wire: Wire, tool: str, **arguments: object) -> dict[str, object]:
    """A call to put on a session's wire."""
    return wire.body("tools/call", {"name": tool, "arguments": arguments})


def was_cancelled(wire: Wire, label: str) -> bool:
    """Whether the server stopped the call with that label."""
    response: httpx.Response = wire.call("was_cancelled", None, label=label)
    return bool(answer(response)["result"]["structuredContent"]["result"])


# --- JSON or a stream -----------------------------------------------------------------------


def test_a_call_that_says_nothing_on_the_way_is_answered_in_json(wire: Wire) -> None:
    response = wire.call("greet", None, name="Ada")

    assert response.headers["Content-Type"] == "application/json"


def test_a_call_that_says_something_on_the_way_is_answered_in_a_stream(wire: Wire) -> None:
    response = wire.session().call("steps", number=2)

    assert response.headers["Content-Type"].startswith("text/event-stream")
    assert response.headers["X-Accel-Buffering"] == "no"
    assert answer(response)["result"]["content"][0]["text"] == "done"


def test_progress_comes_only_to_those_who_sent_a_token(wire: Wire) -> None:
    response = wire.call("steps", None, number=2)

    assert response.headers["Content-Type"] == "application/json"


def test_the_first_event_comes_before_the_call_is_over(wire: Wire) -> None:
    session = wire.session()
    body = wire.body("tools/call", {"name": "wait_forever", "arguments": {"label": "early"}, "_meta": PROGRESS})

    with wire.stream(body, session.headers) as response:
        progress = first(events(response), "notifications/progress")
        session.notify("notifications/cancelled", {"requestId": body["id"]})

    assert progress.message["params"]["progressToken"] == "a-token"


# --- Resuming -------------------------------------------------------------------------------


def test_a_stream_begins_with_an_event_to_resume_from(wire: Wire) -> None:
    session = wire.session()

    with wire.stream(session_call(wire, "hang_up"), session.headers) as response:
        priming = next(events(response))

    assert priming.id
    assert priming.data == ""
    assert priming.retry is not None


def test_a_stream_that_was_cut_is_resumed_where_it_ended(wire: Wire) -> None:
    session = wire.session()
    with wire.stream(session_call(wire, "hang_up"), session.headers) as response:
        seen = list(events(response))
    assert seen[-1].id is not None

    with session.listen(seen[-1].id) as response:
        resumed = rest(events(response))

    assert [*rest(iter(seen)), *resumed] == ["before", "after", "finished"]


def test_a_stream_is_resumed_from_the_event_that_the_client_names(wire: Wire) -> None:
    session = wire.session()
    with wire.stream(session_call(wire, "steps", number=5), session.headers) as response:
        seen = [event for event in events(response) if event.data]

    with session.listen(seen[2].id) as response:
        resumed = rest(events(response))

    assert resumed == ["step 4", "step 5", "done"]


@pytest.mark.parametrize("event_id", ["no-such-event", "a.1", "999999", "../../1", "."])
def test_an_event_that_never_was_is_refused_or_has_nothing_to_resume(wire: Wire, event_id: str) -> None:
    session = wire.session()

    with session.listen(event_id) as response:
        if response.status_code == 200:
            return
        response.read()
        refused(response, response.status_code)

    assert response.status_code in (400, 404)


def test_a_session_cannot_resume_the_stream_of_another(wire: Wire) -> None:
    theirs = wire.session()
    with wire.stream(session_call(wire, "steps", number=3), theirs.headers) as response:
        seen = [event for event in events(response) if event.data]

    with wire.session().listen(seen[0].id) as response:
        if response.status_code == 200:
            # An open stream with nothing in it: the session's end is what ends it.
            other_session_id = response.request.headers["Mcp-Session-Id"]
            wire.http.delete("/mcp", headers={"Mcp-Session-Id": other_session_id})
            assert rest(events(response)) == []
        else:
            assert response.status_code in (400, 404)


def test_an_id_that_is_in_use_is_refused_and_the_call_that_has_it_goes_on(wire: Wire) -> None:
    session = wire.session(capabilities={"elicitation": {}})
    body = session_call(wire, "ask_name")

    with wire.stream(body, session.headers) as response:
        stream = events(response)
        question = first(stream, "elicitation/create")
        refused(wire.post(body, session.headers), 400, INVALID_REQUEST)
        result = {"action": "accept", "content": {"name": "Ada"}}
        wire.post({"jsonrpc": "2.0", "id": question.message["id"], "result": result}, session.headers)
        assert rest(stream) == ["accept: Ada"]


# --- Cancelling -----------------------------------------------------------------------------


def test_a_cancelled_call_of_a_session_is_stopped(wire: Wire) -> None:
    session = wire.session()
    label = f"session {session.id}"
    body = wire.body("tools/call", {"name": "wait_forever", "arguments": {"label": label}, "_meta": PROGRESS})

    with wire.stream(body, session.headers) as response:
        stream = events(response)
        first(stream, "notifications/progress")
        session.notify("notifications/cancelled", {"requestId": body["id"], "reason": "enough"})
        left = [event.message for event in stream if event.data]

    assert [message for message in left if "result" in message] == []
    assert eventually(lambda: was_cancelled(wire, label))


def test_leaving_the_stream_cancels_a_call_of_the_2026_era(wire: Wire) -> None:
    body = wire.modern_body(
        "tools/call", {"name": "wait_forever", "arguments": {"label": f"left {wire}"}, "_meta": PROGRESS}
    )

    with wire.stream(body, modern_headers(body)) as response:
        first(events(response), "notifications/progress")

    assert eventually(lambda: was_cancelled(wire, f"left {wire}"))


def test_leaving_the_stream_cancels_nothing_in_a_session(wire: Wire) -> None:
    session = wire.session()
    with wire.stream(session_call(wire, "slow_steps", number=3), session.headers) as response:
        stream = events(response)
        seen = first(stream, "notifications/message")

    assert seen.id is not None
    with session.listen(seen.id) as response:
        assert rest(events(response)) == ["step 2", "step 3", "done"]


def test_one_session_cannot_cancel_the_call_of_another(wire: Wire) -> None:
    session, other = wire.session(), wire.session()
    body = session_call(wire, "slow_steps", number=2)

    with wire.stream(body, session.headers) as response:
        stream = events(response)
        first(stream, "notifications/message")
        other.notify("notifications/cancelled", {"requestId": body["id"]})
        assert rest(stream) == ["step 2", "done"]


# --- The standing stream --------------------------------------------------------------------


def test_ending_the_session_ends_its_standing_stream(wire: Wire) -> None:
    session = wire.session()

    with session.listen() as response:
        assert response.headers["Content-Type"].startswith("text/event-stream")
        session.end()
        assert [event for event in events(response) if event.data] == []


def test_a_change_reaches_the_subscriber_and_nobody_else(wire: Wire) -> None:
    subscriber, other = wire.session(), wire.session()
    subscriber.send("resources/subscribe", {"uri": "lab://notebook"})

    with subscriber.listen() as heard, other.listen() as unheard:
        subscriber.call("write", text="A page")
        update = first(events(heard), "notifications/resources/updated")
        other.end()
        silence = [event for event in events(unheard) if event.data]

    assert update.message["params"]["uri"] == "lab://notebook"
    assert silence == []


def test_no_change_comes_after_unsubscribing(wire: Wire) -> None:
    session = wire.session()
    session.send("resources/subscribe", {"uri": "lab://notebook"})
    session.send("resources/unsubscribe", {"uri": "lab://notebook"})

    with session.listen() as response:
        session.call("write", text="Unwatched")
        session.end()
        assert [event for event in events(response) if event.data] == []


def test_a_change_for_one_person_does_not_reach_another(wire: Wire, bobs_wire: Wire) -> None:
    alice, bob = wire.session(), bobs_wire.session()
    bob.send("resources/subscribe", {"uri": "lab://notebook"})

    with bob.listen() as response:
        alice.call("write", text="Alice's page")
        bob.end()
        assert [event for event in events(response) if event.data] == []
