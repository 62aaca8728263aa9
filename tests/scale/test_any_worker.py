"""No request has a home: four processes, uvicorn and Daphne, serve one session in turn, and one of them is killed."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from redis import Redis

from tests import services
from tests.clients.lab.mcp import NOTEBOOK
from tests.clients.wire import Json, answer, events, refused
from tests.live import LiveServer
from tests.scale.crew import ASKS, A, B, C, D, Roaming, Talker, news, notebook_watched, reply, text, tool


def claimed_on_redis(session_id: str) -> None:
    """Wait until a call of the session has its claim."""
    with Redis.from_url(services.redis()) as redis:
        while not list(redis.scan_iter(f"*:call:{session_id}:*")):
            redis.ping()


class TestASession:
    def test_is_served_by_every_worker(self, alice: Talker) -> None:
        session = alice.session(A)
        answers = [text(answer(session.at(worker).call("write", text=f"by {worker}"))) for worker in (B, C, D, A)]
        assert answers == ["by 1", "by 2", "by 3", "by 0"]

    def test_keeps_on_each_what_was_set_on_another(self, alice: Talker) -> None:
        session = alice.session(A)
        assert session.at(B).send("logging/setLevel", {"level": "error"}).json()["result"] == {}
        for worker in (A, C, D):  # each as soon as it hears of it; until then it tells of info, on an event stream
            kinds = iter(
                lambda at=worker: session.at(at).call("steps", number=2).headers["Content-Type"],  # type: ignore[misc]
                "application/json",
            )
            assert set(kinds) <= {"text/event-stream"}

    def test_loses_no_subscription_of_several_made_at_once(self, alice: Talker) -> None:
        session = alice.session(A)
        names = [f"lab://samples/{n}" for n in range(8)]
        with ThreadPoolExecutor(4) as pool:

            def subscribe(n: int) -> Json:
                found: Json = session.at(n % 4).send("resources/subscribe", {"uri": names[n]}).json()
                return found

            assert all("result" in found for found in pool.map(subscribe, range(8)))
        with session.at(C).listen() as response:
            stream = events(response)
            next(stream)
            told = []
            for name in names:
                assert "result" in answer(session.at(D).call("touch", uri=name))
                told.append(news(stream).message["params"]["uri"])
        assert told == names

    def test_that_is_deleted_on_one_is_over_on_all(self, alice: Talker) -> None:
        session = alice.session(A)
        body = tool(alice.wires[B], "wait_forever", progress=True, label="deleted")
        with session.at(C).listen() as response, alice.wires[B].stream(body, session.at(B).headers) as call:
            standing, running = events(response), events(call)
            next(standing)
            assert news(running).message["method"] == "notifications/progress"
            assert session.at(D).end().status_code == 204
            assert list(standing) == []
            assert [event for event in running if "result" in event.message] == []
        for worker in range(4):  # each as soon as it hears of it
            statuses = iter(lambda at=worker: session.at(at).send("ping").status_code, 404)  # type: ignore[misc]
            assert set(statuses) <= {200}

    def test_of_somebody_else_is_unknown_on_every_worker(self, alice: Talker, bob: Talker) -> None:
        session = alice.session(A)
        for worker in range(4):
            refused(Roaming(bob, session.id, session.version).at(worker).send("ping"), 404)
            assert session.at(worker).send("ping").json()["result"] == {}


class TestTheGetStream:
    def test_hears_on_one_worker_of_what_changes_on_the_others_in_order(self, alice: Talker) -> None:
        session = alice.session(A)
        notebook_watched(session, D)
        with session.at(C).listen() as response:
            stream = events(response)
            next(stream)
            for worker in (A, B, D, C):
                session.at(worker).call("write", text="news")
            heard = [news(stream) for _ in range(4)]
        assert [event.message["params"] for event in heard] == [{"uri": NOTEBOOK}] * 4
        numbers = [int(str(event.id).rpartition(".")[2]) for event in heard]
        assert numbers == sorted(set(numbers))

    def test_goes_to_its_newest_reader_wherever_that_is(self, alice: Talker) -> None:
        session = alice.session(A)
        notebook_watched(session, A)
        with session.at(C).listen() as first, session.at(D).listen() as second:
            older, newer = events(first), events(second)
            next(newer)
            assert [event for event in older if event.data] == []
            session.at(B).call("write", text="once")
            assert news(newer).message["params"] == {"uri": NOTEBOOK}

    def test_is_taken_up_on_another_worker_when_its_own_is_killed(
        self, alice: Talker, servers: list[LiveServer]
    ) -> None:
        session = alice.session(A)
        with session.at(C).listen() as response:
            stream = events(response)
            last = next(stream).id
            for topic in ("one", "two"):
                session.at(B).call("touch", uri=f"lab://samples/{topic}")
            notebook_watched(session, B)
            session.at(A).call("write", text="heard")
            last = news(stream).id
            servers[C].kill()
        for topic in ("a", "b", "c"):
            session.at(B).send("resources/subscribe", {"uri": f"lab://samples/{topic}"})
            session.at(D).call("touch", uri=f"lab://samples/{topic}")
        servers[C].start()
        with session.at(D).listen(last) as response:
            stream = events(response)
            heard = [news(stream).message["params"]["uri"] for _ in range(3)]
            session.at(C).call("write", text="later")
            heard.append(news(stream).message["params"]["uri"])
        assert heard == [*(f"lab://samples/{topic}" for topic in ("a", "b", "c")), NOTEBOOK]

    def test_is_refused_to_another_session_and_another_user(self, alice: Talker, bob: Talker) -> None:
        session, same, other = alice.session(A), alice.session(B), bob.session(C)
        with session.at(C).listen() as response:
            last = next(events(response)).id
            for stranger in (same, other):
                for worker in range(4):
                    with stranger.at(worker).listen(last) as answered:
                        answered.read()
                        refused(answered, 400)


class TestARunningCall:
    def test_is_cancelled_from_another_worker(self, alice: Talker) -> None:
        session = alice.session(A)
        body = tool(alice.wires[B], "wait_forever", progress=True, label="cancelled on D")
        with alice.wires[B].stream(body, session.at(B).headers) as response:
            stream = events(response)
            assert news(stream).message["method"] == "notifications/progress"
            assert session.at(D).notify("notifications/cancelled", {"requestId": body["id"]}).status_code == 202
            assert [event for event in stream if event.data] == []
        assert text(answer(session.at(B).call("was_cancelled", label="cancelled on D"))) == "true"

    def test_lends_its_id_to_no_other_call_on_any_worker(self, alice: Talker) -> None:
        session, other = alice.session(A, capabilities=ASKS), alice.session(A)
        body = tool(alice.wires[B], "ask_name")
        with alice.wires[B].stream(body, session.at(B).headers) as response:
            stream = events(response)
            question = news(stream).message
            claimed_on_redis(session.id)
            for worker in (A, B, C, D):
                again = {**tool(alice.wires[worker], "wait_forever", label="the second"), "id": body["id"]}
                error = refused(alice.wires[worker].post(again, session.at(worker).headers), 400)
                assert error["message"] == "Invalid request: a request with this id is still running"
            same = {**tool(alice.wires[D], "write", text="another session's"), "id": body["id"]}
            assert text(answer(alice.wires[D].post(same, other.at(D).headers))) == "another session's"
            assert reply(session.at(C), question, "Ada").status_code == 202
            assert text(news(stream).message) == "accept: Ada"

    def test_is_not_cancelled_by_another_session(self, alice: Talker, bob: Talker) -> None:
        session, other = alice.session(A, capabilities=ASKS), bob.session(A)
        body = tool(alice.wires[B], "ask_name")
        with alice.wires[B].stream(body, session.at(B).headers) as response:
            stream = events(response)
            question = news(stream).message
            other.at(D).notify("notifications/cancelled", {"requestId": body["id"]})
            alice.session(C).at(D).notify("notifications/cancelled", {"requestId": body["id"]})
            reply(session.at(C), question, "Ada")
            assert text(news(stream).message) == "accept: Ada"

    @pytest.mark.parametrize("asking", ["ask_name", "ask_name_from_thread"])
    def test_asks_on_one_worker_and_is_answered_through_another(self, alice: Talker, asking: str) -> None:
        session = alice.session(A, capabilities=ASKS)
        with alice.wires[B].stream(tool(alice.wires[B], asking), session.at(B).headers) as response:
            stream = events(response)
            question = news(stream).message
            assert question["method"] == "elicitation/create"
            assert reply(session.at(A), question, "Ada").status_code == 202
            assert text(news(stream).message) == "accept: Ada"

    def test_is_answered_by_nobody_else(self, alice: Talker, bob: Talker) -> None:
        session = alice.session(A, capabilities=ASKS)
        with alice.wires[B].stream(tool(alice.wires[B], "ask_name"), session.at(B).headers) as response:
            stream = events(response)
            question = news(stream).message
            refused(reply(Roaming(bob, session.id, session.version).at(D), question, "Mallory"), 404)
            for stranger in (bob.session(C), alice.session(C)):
                assert reply(stranger.at(D), question, "Mallory").status_code == 202
            assert reply(session.at(D), {"id": "nobody-asked"}, "Mallory").status_code == 202
            reply(session.at(C), question, "Ada")
            assert text(news(stream).message) == "accept: Ada"

    def test_that_broke_off_is_taken_up_on_another_worker(self, alice: Talker) -> None:
        session = alice.session(A)
        with alice.wires[B].stream(tool(alice.wires[B], "hang_up"), session.at(B).headers) as response:
            before = list(events(response))
        assert [event.message.get("params", {}).get("data") for event in before] == [None, "before"]
        for worker in (C, D):
            with session.at(worker).listen(before[-1].id) as response:
                after = list(events(response))
            assert after[0].message["params"]["data"] == "after"
            assert text(after[1].message) == "finished"
            assert len({event.id for event in (*before, *after)}) == 4

    def test_that_broke_off_is_refused_to_another_session_and_another_user(self, alice: Talker, bob: Talker) -> None:
        session, same, other = alice.session(A), alice.session(B), bob.session(C)
        with alice.wires[B].stream(tool(alice.wires[B], "hang_up"), session.at(B).headers) as response:
            last = list(events(response))[-1].id
        for stranger in (same, other):
            with stranger.at(D).listen(last) as answered:
                answered.read()
                refused(answered, 400)

    def test_whose_worker_is_killed_gets_an_error_that_says_to_call_again(
        self, alice: Talker, servers: list[LiveServer]
    ) -> None:
        session = alice.session(A)
        body = tool(alice.wires[B], "wait_forever", progress=True, label="killed")
        with alice.wires[B].stream(body, session.at(B).headers) as response:
            stream = events(response)
            last = news(stream).id
            servers[B].kill()
        for worker in (C, D):
            with session.at(worker).listen(last) as response:
                (only,) = list(events(response))
            assert only.message["id"] == body["id"]
            assert "call again" in only.message["error"]["message"]
        servers[B].start()
        assert text(answer(session.at(B).call("write", text="again"))) == "again"
