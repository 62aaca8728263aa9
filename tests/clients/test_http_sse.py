"""The 2024-11-05 transport on the wire: a stream to listen to and a URL to post to."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.clients.app import App
from tests.clients.conftest import AppOf, WireOf, eventually
from tests.clients.wire import Event, Wire, events, refused
from tests.conftest import PersonOf


@contextmanager
def sse(wire: Wire) -> Iterator[tuple[str, Iterator[Event]]]:
    """The URL to post to and what comes back on the stream."""
    with wire.http.stream("GET", "/sse", headers={"Accept": "text/event-stream"}) as response:
        assert response.status_code == 200, response.read()
        stream = events(response)
        endpoint = next(stream)
        assert endpoint.name == "endpoint"
        yield endpoint.data, stream


INITIALIZE = {
    "protocolVersion": "2024-11-05",
    "capabilities": {},
    "clientInfo": {"name": "wire", "version": "1"},
}


def test_the_stream_first_says_where_to_post(wire: Wire) -> None:
    with sse(wire) as (url, _):
        assert url.startswith("/messages/")


def test_what_is_posted_is_answered_on_the_stream(wire: Wire) -> None:
    with sse(wire) as (url, stream):
        posted = wire.post(wire.body("initialize", INITIALIZE), path=url)
        answered = next(stream).message

    assert posted.status_code == 202
    assert answered["result"]["protocolVersion"] == "2024-11-05"


def test_a_tool_is_called_with_notifications_on_the_way(wire: Wire) -> None:
    with sse(wire) as (url, stream):
        wire.post(wire.body("initialize", INITIALIZE), path=url)
        next(stream)
        wire.post({"jsonrpc": "2.0", "method": "notifications/initialized"}, path=url)
        wire.post(wire.body("tools/call", {"name": "steps", "arguments": {"number": 2}}), path=url)
        logged = [next(stream).message["params"]["data"] for _ in range(2)]
        result = next(stream).message["result"]

    assert logged == ["step 1", "step 2"]
    assert result["content"][0]["text"] == "done"


@pytest.mark.parametrize("path", ["/sse", "/sse/"])
def test_the_stream_asks_for_a_token(wire_of: WireOf, path: str) -> None:
    response = wire_of(None).http.get(path, headers={"Accept": "text/event-stream"})

    refused(response, 401)
    assert "resource_metadata=" in response.headers["WWW-Authenticate"]


def test_posting_asks_for_a_token(wire: Wire, wire_of: WireOf) -> None:
    with sse(wire) as (url, _):
        nobody = wire_of(None)
        refused(nobody.post(nobody.body("ping"), path=url), 401)


def test_posting_to_an_unknown_session_is_not_found(wire: Wire) -> None:
    refused(wire.post(wire.body("ping"), path="/messages/?session_id=no-such-session"), 404)


def test_posting_without_a_session_is_a_bad_request(wire: Wire) -> None:
    response = wire.post(wire.body("ping"), path="/messages/")

    refused(response, response.status_code)
    assert response.status_code in (400, 404)


def test_nobody_else_can_post_to_a_stream(wire: Wire, bobs_wire: Wire) -> None:
    with sse(wire) as (url, _):
        refused(bobs_wire.post(bobs_wire.body("ping"), path=url), 404)


def test_a_body_that_is_not_json_is_a_bad_request(wire: Wire) -> None:
    with sse(wire) as (url, _):
        refused(wire.post(b"{", path=url), 400)


def test_too_little_scope_is_forbidden(wire: Wire, connected: dict[str, App]) -> None:
    with sse(wire) as (url, stream):
        wire.post(wire.body("initialize", INITIALIZE), path=url)
        next(stream)
        response = wire.post(wire.body("tools/call", {"name": "erase", "arguments": {}}), path=url)

    refused(response, 403)
    assert 'error="insufficient_scope"' in response.headers["WWW-Authenticate"]


def test_a_session_is_gone_when_its_stream_is(wire: Wire) -> None:
    with sse(wire) as (url, _):
        pass

    assert eventually(lambda: wire.post(wire.body("ping"), path=url).status_code == 404)


def test_revoking_ends_the_stream(app: AppOf, person: PersonOf, wire_of: WireOf) -> None:
    client = app()

    with sse(wire_of(client.connect(person()))) as (_, stream):
        client.revoke()
        assert list(stream) == []


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_the_stream_is_only_for_get(wire: Wire, method: str) -> None:
    refused(wire.http.request(method, "/sse", json={}), 405)


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_messages_are_only_posted(wire: Wire, method: str) -> None:
    refused(wire.http.request(method, "/messages/"), 405)
