"""The other eras on any worker: HTTP+SSE of 2024-11-05, and 2026-07-28."""

from typing import Any

from tests.clients.lab.mcp import NOTEBOOK
from tests.clients.test_http_sse import INITIALIZE, sse
from tests.clients.wire import Json, Wire, events, modern_headers, refused
from tests.scale.crew import ASKS, A, B, C, D, Talker, news, text, tool


class TestTheStreamOf2024:
    def test_carries_the_answers_of_every_worker_in_order(self, alice: Talker) -> None:
        with sse(alice.wires[A]) as (url, stream):
            alice.wires[B].post(alice.wires[B].body("initialize", INITIALIZE), path=url)
            assert next(stream).message["result"]["protocolVersion"] == "2024-11-05"
            for turn in range(8):
                wire = alice.wires[turn % 4]
                assert wire.post(tool(wire, "write", text=f"page {turn}"), path=url).status_code == 202
                assert text(next(stream).message) == f"page {turn}"

    def test_carries_what_a_call_sends_on_the_way_in_order(self, alice: Talker) -> None:
        with sse(alice.wires[D]) as (url, stream):
            alice.wires[C].post(alice.wires[C].body("initialize", INITIALIZE), path=url)
            next(stream)
            alice.wires[B].post(tool(alice.wires[B], "steps", number=20), path=url)
            told = [next(stream).message for _ in range(21)]
        assert [message["params"]["data"] for message in told[:-1]] == [f"step {n}" for n in range(1, 21)]
        assert text(told[-1]) == "done"

    def test_carries_changes_of_every_worker(self, alice: Talker) -> None:
        with sse(alice.wires[A]) as (url, stream):
            alice.wires[B].post(alice.wires[B].body("initialize", INITIALIZE), path=url)
            next(stream)
            alice.wires[C].post(alice.wires[C].body("resources/subscribe", {"uri": NOTEBOOK}), path=url)
            next(stream)
            alice.wires[D].call("write", text="changed")
            assert next(stream).message["params"] == {"uri": NOTEBOOK}

    def test_takes_nothing_of_somebody_else(self, alice: Talker, bob: Talker) -> None:
        with sse(alice.wires[A]) as (url, _):
            refused(bob.wires[B].post(bob.wires[B].body("ping"), path=url), 404)

    def test_ends_its_session_on_every_worker(self, alice: Talker) -> None:
        with sse(alice.wires[A]) as (url, _):
            wire = alice.wires[B]
            assert wire.post(wire.body("ping"), path=url).status_code == 202
        statuses = iter(lambda: wire.post(wire.body("ping"), path=url).status_code, 404)
        assert set(statuses) <= {202}


class TestTheEraOf2026:
    def test_listens_on_each_worker_to_all(self, alice: Talker) -> None:
        body = alice.wires[C].modern_body(
            "subscriptions/listen", {"notifications": {"resourceSubscriptions": [NOTEBOOK]}}
        )
        with (
            alice.wires[C].stream(body, modern_headers(body)) as here,
            alice.wires[D].stream(body, modern_headers(body)) as there,
        ):
            streams = [events(here), events(there)]
            for stream in streams:
                next(stream)
            for worker in range(4):
                alice.wires[worker].call("write", text="news")
            for stream in streams:
                heard = [news(stream).message["params"]["uri"] for _ in range(4)]
                assert heard == [NOTEBOOK] * 4

    def test_asks_on_one_worker_and_goes_on_on_another(self, alice: Talker) -> None:
        first = _round(alice.wires[A], "ask_name")
        (key,) = first["inputRequests"]
        reply = {"inputResponses": {key: {"action": "accept", "content": {"name": "Ada"}}}}
        done = _round(alice.wires[B], "ask_name", requestState=first["requestState"], **reply)
        assert done["content"][0]["text"] == "accept: Ada"

    def test_takes_no_state_that_it_did_not_seal_for_this_caller(self, alice: Talker, bob: Talker) -> None:
        state = _round(alice.wires[A], "ask_name")["requestState"]
        forged = state[:-2] + ("AA" if state[-2:] != "AA" else "BB")
        for wire, given in ((alice.wires[B], forged), (bob.wires[C], state), (alice.wires[D], "{}")):
            body = _round_body(wire, "ask_name", requestState=given)
            assert "error" in wire.post(body, modern_headers(body)).json()


def _round_body(wire: Wire, name: str, **more: Any) -> Json:
    meta = {"io.modelcontextprotocol/clientCapabilities": ASKS}
    return wire.modern_body("tools/call", {"name": name, "arguments": {}, "_meta": meta, **more})


def _round(wire: Wire, name: str, **more: Any) -> Json:
    body = _round_body(wire, name, **more)
    found: Json = wire.post(body, modern_headers(body)).json()["result"]
    return found
