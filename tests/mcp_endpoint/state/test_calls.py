"""Running calls and open questions of this process."""

import asyncio
from collections.abc import Coroutine, Iterator
from typing import Any

import pytest
from channels.layers import channel_layers
from pytest_django import Settings

from mcp_endpoint.state.bus import bus
from mcp_endpoint.state.calls import Calls, calls
from mcp_endpoint.state.redis_client import RedisAwayError
from tests.mcp_endpoint.driver import eventually


@pytest.fixture(autouse=True)
def layer() -> Iterator[None]:
    channel_layers.backends.clear()
    yield
    channel_layers.backends.clear()


def running(board: Calls, session: str = "s", request: int | str = 1) -> "asyncio.Task[Any]":
    """A call that would run for ever."""
    task = asyncio.ensure_future(asyncio.Event().wait())
    board.running[session, request] = task
    return task


async def settled(work: Coroutine[Any, Any, Any]) -> Any:
    async with asyncio.timeout(30):
        return await work


class TestACall:
    async def test_is_cancelled(self) -> None:
        task = running(calls())
        await calls().cancel("s", 1)
        await eventually(task.done)
        assert task.cancelled()

    async def test_is_cancelled_in_another_process(self) -> None:
        task = running(calls())
        await Calls().cancel("s", 1)
        await eventually(task.done)
        assert task.cancelled()

    async def test_of_another_session_goes_on(self) -> None:
        mine, theirs = running(calls()), running(calls(), "other")
        await calls().cancel("s", 1)
        await eventually(mine.done)
        assert not theirs.done()

    async def test_whose_id_is_a_string_is_not_the_one_whose_id_is_a_number(self) -> None:
        number, text = running(calls()), running(calls(), request="1")
        await calls().cancel("s", "1")
        await eventually(text.done)
        assert not number.done()

    async def test_ends_with_its_session(self) -> None:
        mine, theirs = running(calls()), running(calls(), "other")
        await bus().publish("session_ended", session="s")
        await eventually(mine.done)
        assert not theirs.done()


class LayerAway:
    """A channel layer whose Redis does not answer."""

    async def new_channel(self) -> str:
        raise OSError("nobody there")

    async def group_send(self, group: str, message: object) -> None:
        raise OSError("nobody there")


async def test_what_no_process_can_be_told_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its client may try again; taken and lost, the call would wait in vain."""
    monkeypatch.setattr("mcp_endpoint.state.bus.get_channel_layer", LayerAway)
    question, _ = calls().open_question("s")
    with pytest.raises(RedisAwayError):
        await Calls().answer("s", {"id": question, "result": {}})
    with pytest.raises(RedisAwayError):
        await Calls().cancel("s", 1)


class TestAQuestion:
    async def test_gets_its_answer(self) -> None:
        question, future = calls().open_question("s")
        await calls().answer("s", {"id": question, "result": {"a": 1}})
        assert await settled(calls().wait("s", question, future)) == {"id": question, "result": {"a": 1}}

    async def test_gets_an_answer_that_came_to_another_process(self) -> None:
        question, future = calls().open_question("s")
        await Calls().answer("s", {"id": question, "result": {}})
        assert (await settled(calls().wait("s", question, future)))["result"] == {}

    @pytest.mark.parametrize("forged", ["", "nobody-asked", "a.b", "é.\ud800"])
    async def test_that_nobody_asked_is_no_word_to_other_processes(self, forged: str) -> None:
        heard: list[Any] = []
        bus().subscribe("answer", heard.append)
        bus().subscribe("later", heard.append)
        question, _ = calls().open_question("s")
        await Calls().answer("s", {"id": forged, "result": {}})
        await Calls().answer("other", {"id": question, "result": {}})
        await bus().publish("later")
        await eventually(lambda: [message["kind"] for message in heard] == ["later"])

    async def test_takes_no_answer_from_another_session(self) -> None:
        question, future = calls().open_question("s")
        await calls().answer("other", {"id": question, "result": {"from": "other"}})
        await calls().answer("s", {"id": question, "result": {"from": "mine"}})
        assert (await settled(calls().wait("s", question, future)))["result"] == {"from": "mine"}

    async def test_takes_the_first_of_two_answers(self) -> None:
        question, future = calls().open_question("s")
        await calls().answer("s", {"id": question, "result": {"n": 1}})
        await calls().answer("s", {"id": question, "result": {"n": 2}})
        assert (await settled(calls().wait("s", question, future)))["result"] == {"n": 1}

    async def test_that_nobody_answers_times_out(self, settings: Settings) -> None:
        settings.MCP_ASK_TIMEOUT = 0.01
        question, future = calls().open_question("s")
        with pytest.raises(TimeoutError):
            await settled(calls().wait("s", question, future))

    async def test_that_timed_out_takes_no_late_answer(self, settings: Settings) -> None:
        settings.MCP_ASK_TIMEOUT = 0.01
        question, future = calls().open_question("s")
        with pytest.raises(TimeoutError):
            await settled(calls().wait("s", question, future))
        await calls().answer("s", {"id": question, "result": {}})
        assert calls()._waiting == {}

    async def test_has_an_id_that_nobody_can_guess(self) -> None:
        ids = {calls().open_question("s")[0] for _ in range(50)}
        assert len(ids) == 50
        assert min(map(len, ids)) >= 12


async def test_an_answer_that_nobody_asked_for_is_dropped() -> None:
    await calls().answer("s", {"id": "made up", "result": {}})
    await calls().answer("s", {"result": {}})
    await calls().answer("s", {"id": [1], "result": {}})
    assert calls()._waiting == {}


async def test_cancelling_what_does_not_run_does_nothing() -> None:
    await calls().cancel("s", 1)
    assert calls().running == {}
