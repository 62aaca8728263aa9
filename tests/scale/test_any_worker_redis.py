"""The Redis between two processes goes away and comes back: calls go on, sessions wait, nobody restarts anything."""

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.clients.lab.mcp import NOTEBOOK
from tests.clients.wire import Event, Json, events, modern_headers, refused
from tests.scale.crew import Talker, crew, talker
from tests.scale.own_redis import OwnRedis

A, B = range(2)


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnRedis]:
    own = OwnRedis(Path(tmp_path_factory.mktemp("redis")))
    own.start()
    yield own
    own.stop()


@pytest.fixture(scope="module")
def alice(redis: OwnRedis) -> Iterator[Talker]:
    with crew(redis.url, 2) as servers:
        made = talker(servers, "alice", "Away")
        with made.held:
            yield made


def until(ask: Callable[[], httpx.Response], status: int) -> httpx.Response:
    """Ask until that is the status; meanwhile every answer is a refusal for the moment."""
    while True:
        response = ask()
        if response.status_code == status:
            return response
        assert response.status_code == 503, response.text
        assert response.headers["Retry-After"] == "2"


def news(stream: Iterator[Event]) -> Json:
    return next(event.message for event in stream if event.data)


def test_while_redis_is_gone_calls_go_on_and_sessions_begin_anew_afterwards(alice: Talker, redis: OwnRedis) -> None:
    session = alice.session(A)
    wanted = alice.wires[B].modern_body(
        "subscriptions/listen", {"notifications": {"resourceSubscriptions": [NOTEBOOK]}}
    )
    with session.at(B).listen() as standing, alice.wires[B].stream(wanted, modern_headers(wanted)) as listening:
        old, steady = events(standing), events(listening)
        next(old)
        next(steady)
        redis.stop()
        for worker in (A, B):
            for _ in range(3):
                assert alice.wires[worker].call("write", text="on its own").json()["result"]["content"]
            until(lambda at=worker: session.at(at).send("ping"), 503)  # type: ignore[misc]
            error = refused(alice.wires[worker].initialize(), 503)
            assert "try again" in error["message"]
        redis.start()
        fresh = [until(alice.wires[worker].initialize, 200).headers["Mcp-Session-Id"] for worker in (A, B)]
        assert len(set(fresh)) == 2
        for worker in (A, B):
            until(lambda at=worker: session.at(at).send("ping"), 404)  # type: ignore[misc]
        assert [event for event in old if event.data] == []
        while (change := news(steady))["method"] != "notifications/resources/updated":
            pass
        assert change["params"]["uri"] == NOTEBOOK
    again = alice.session(B)
    again.at(B).send("resources/subscribe", {"uri": NOTEBOOK})
    with again.at(A).listen() as standing:
        stream = events(standing)
        next(stream)
        again.at(B).call("write", text="heard again")
        assert news(stream)["params"] == {"uri": NOTEBOOK}


def test_while_redis_is_frozen_nothing_is_lost(alice: Talker, redis: OwnRedis) -> None:
    session = alice.session(A)
    for name in ("before", "meanwhile", "after"):
        session.at(B).send("resources/subscribe", {"uri": f"lab://samples/{name}"})
    with session.at(B).listen() as standing:
        stream = events(standing)
        next(stream)
        session.at(A).call("touch", uri="lab://samples/before")
        assert news(stream)["params"] == {"uri": "lab://samples/before"}
        with redis.frozen():
            assert alice.wires[A].call("touch", uri="lab://samples/meanwhile").status_code == 200
            refused(alice.wires[B].initialize(), 503)
        until(lambda: session.at(B).send("ping"), 200)
        session.at(B).call("touch", uri="lab://samples/after")
        heard = [news(stream)["params"]["uri"] for _ in range(2)]
    assert sorted(heard) == ["lab://samples/after", "lab://samples/meanwhile"]
