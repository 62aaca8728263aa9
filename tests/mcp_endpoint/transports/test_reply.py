"""The response to one request: JSON, or a stream as soon as something is sent."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from pytest_django import Settings

from mcp_endpoint import wire
from mcp_endpoint.state.events import events
from mcp_endpoint.state.redis_client import RedisAwayError
from mcp_endpoint.transports import backlog
from mcp_endpoint.transports import reply as module
from mcp_endpoint.transports.reply import Reply, Resumable
from tests.mcp_endpoint.conftest import Site
from tests.mcp_endpoint.driver import Answer, Conversation, Json, eventually

Speak = Callable[[Reply], Awaitable[None]]


class Exchange:
    """An HTTP request whose answer is what a test makes of a Reply."""

    def __init__(self, resumable: Resumable | None = None, **options: object) -> None:
        self.cuts = self.aborts = 0
        self.conversation = Conversation(self._serve, {})
        self.reply = Reply(
            self.conversation._send,
            headers=((b"x-session", b"s"),),
            resumable=resumable,
            receive=self.conversation.incoming.get,
            abort=self._abort,
            on_cut=self._cut,
        )

    def _abort(self) -> None:
        self.aborts += 1

    def _cut(self) -> None:
        self.cuts += 1

    async def _serve(self, scope: Json, receive: object, send: object) -> None:
        await self.reply.deliver()

    async def answer(self) -> Answer:
        if self.conversation.task is None:
            self.conversation.begin()
        return await self.conversation.answer()


def resumable(priming: bool = True) -> Resumable:
    made = Resumable("s", priming)
    vars(made)["stream"] = "a"  # instead of a name by chance
    return made


@pytest.fixture(autouse=True)
def stores(site: Site) -> None:
    """A log of the test's own."""


class TestAReply:
    async def test_is_json_when_nothing_was_sent_before_the_result(self) -> None:
        exchange = Exchange()
        exchange.reply.finish(b"{}")
        answer = await exchange.answer()
        assert (answer.status, answer.json, answer.headers["x-session"]) == (200, {}, "s")
        assert not exchange.reply.streaming

    async def test_waits_for_the_result(self) -> None:
        exchange = Exchange()
        exchange.conversation.begin()
        await asyncio.sleep(0)
        assert exchange.conversation.start is None
        exchange.reply.finish(b"{}")
        assert (await exchange.answer()).json == {}

    async def test_has_the_status_of_an_error(self) -> None:
        exchange = Exchange()
        exchange.reply.finish(b"{}", 404)
        assert (await exchange.answer()).status == 404

    async def test_is_a_stream_as_soon_as_something_is_sent(self) -> None:
        exchange = Exchange()
        exchange.reply.push(b'{"n":1}')
        exchange.conversation.begin()
        assert (await exchange.conversation.message()) == {"n": 1}
        assert exchange.reply.streaming
        exchange.reply.finish(b'{"n":2}')
        answer = await exchange.answer()
        assert answer.messages == [{"n": 1}, {"n": 2}]
        assert answer.headers["x-session"] == "s"

    async def test_keeps_the_order(self) -> None:
        exchange = Exchange()
        for n in range(20):
            exchange.reply.push(b"%d" % n)
        exchange.reply.finish(b"20")
        assert [int(event.data) for event in (await exchange.answer()).events] == list(range(21))

    async def test_that_streams_has_status_200_whatever_the_result(self) -> None:
        exchange = Exchange()
        exchange.reply.push(b"{}")
        exchange.reply.finish(b"{}", 404)
        assert (await exchange.answer()).status == 200

    async def test_takes_the_first_result(self) -> None:
        exchange = Exchange()
        exchange.reply.finish(b'"first"')
        exchange.reply.finish(b'"second"', 500)
        answer = await exchange.answer()
        assert (answer.status, answer.json) == (200, "first")

    async def test_sends_nothing_after_the_result(self) -> None:
        exchange = Exchange()
        exchange.reply.finish(b"{}")
        exchange.reply.push(b'"late"')
        exchange.reply.start()
        assert (await exchange.answer()).json == {}

    async def test_may_begin_its_stream_with_nothing_to_send(self) -> None:
        exchange = Exchange()
        exchange.conversation.begin()
        await asyncio.sleep(0)
        exchange.reply.start()
        assert await exchange.conversation.started() == 200
        exchange.reply.finish(b"1")
        assert [event.data for event in (await exchange.answer()).events] == ["1"]

    async def test_without_a_result_ends_its_stream(self) -> None:
        exchange = Exchange()
        exchange.reply.push(b"1")
        exchange.reply.finish(b"")
        assert [event.data for event in (await exchange.answer()).events] == ["1"]

    async def test_gives_a_sign_of_life_in_a_long_silence(self, settings: Settings) -> None:
        settings.MCP_KEEP_ALIVE = 0.001
        exchange = Exchange()
        exchange.reply.start()
        exchange.conversation.begin()
        assert (await exchange.conversation.event()).comment == "keep-alive"
        exchange.reply.finish(b"1")
        assert (await exchange.answer()).events[-1].data == "1"


class TestAClientThatDoesNotRead:
    async def test_has_its_stream_cut(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(backlog, "MAX_PENDING", 3)
        exchange = Exchange()
        exchange.conversation.begin().paused.clear()
        for n in range(4):
            exchange.reply.push(b"%d" % n)
        assert (exchange.cuts, exchange.aborts) == (1, 1)
        exchange.conversation.paused.set()
        assert (await exchange.answer()).events == []

    async def test_that_reads_in_time_loses_nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(backlog, "MAX_PENDING", 3)
        exchange = Exchange()
        exchange.conversation.begin().paused.clear()
        for n in range(3):
            exchange.reply.push(b"%d" % n)
        exchange.conversation.paused.set()
        exchange.reply.finish(b"3")
        assert [event.data for event in (await exchange.answer()).events] == ["0", "1", "2", "3"]
        assert (exchange.cuts, exchange.aborts) == (0, 0)


class TestAResumableReply:
    async def test_numbers_its_events(self) -> None:
        exchange = Exchange(resumable(priming=False))
        exchange.reply.push(b"1")
        exchange.reply.finish(b"2")
        assert [event.id for event in (await exchange.answer()).events] == ["a.1", "a.2"]

    async def test_begins_with_an_empty_event_to_resume_from(self) -> None:
        exchange = Exchange(resumable())
        exchange.reply.push(b"1")
        exchange.reply.finish(b"2")
        first = (await exchange.answer()).events[0]
        assert (first.id, first.data, first.retry) == ("a.1", "", wire.RETRY)

    async def test_as_json_is_not_logged(self) -> None:
        exchange = Exchange(resumable())
        exchange.reply.finish(b"1")
        await exchange.answer()
        assert not await events().knows("s", "a")

    async def test_that_is_closed_ends_the_connection_and_logs_the_rest(self) -> None:
        exchange = Exchange(resumable())
        exchange.reply.push(b"1")
        exchange.reply.close()
        assert [event.data for event in (await exchange.answer()).events] == ["", "1"]
        exchange.reply.push(b"2")
        exchange.reply.finish(b"3")
        assert [event.data async for event in events().tail("s", "a", 2)] == [b"2", b"3"]

    async def test_can_be_closed_before_anything_was_sent(self) -> None:
        exchange = Exchange(resumable())
        exchange.reply.close()
        assert [event.id for event in (await exchange.answer()).events] == ["a.1"]
        exchange.reply.finish(b"1")
        assert [event.data async for event in events().tail("s", "a", 1)] == [b"1"]

    @pytest.mark.parametrize("kind", [None, resumable(priming=False)])
    async def test_stays_open_for_a_client_that_cannot_resume(self, kind: Resumable | None) -> None:
        exchange = Exchange(kind)
        exchange.reply.push(b"1")
        exchange.reply.close()
        exchange.reply.finish(b"2")
        assert [event.data for event in (await exchange.answer()).events] == ["1", "2"]

    async def test_that_was_detached_goes_on_in_the_log(self) -> None:
        exchange = Exchange(resumable(priming=False))
        exchange.reply.push(b"1")
        exchange.conversation.begin()
        await exchange.conversation.event()
        exchange.reply.detach()
        await exchange.answer()
        exchange.reply.push(b"2")
        exchange.reply.finish(b"")
        assert [event.data async for event in events().tail("s", "a", 1)] == [b"2"]

    async def test_of_a_client_that_left_waits_for_a_log_that_is_away(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Servers take what is sent to nobody without a word."""
        exchange = Exchange(resumable(priming=False))
        exchange.reply.push(b"1")
        exchange.conversation.begin()
        await exchange.conversation.event()
        exchange.conversation.leave()
        await exchange.conversation.over()
        attempts, log = [], events().append

        async def away_at_first(*arguments: Any) -> Any:
            attempts.append(arguments)
            if len(attempts) < 3:
                raise RedisAwayError
            return await log(*arguments)

        monkeypatch.setattr(module, "PAUSE", 0)
        monkeypatch.setattr(events(), "append", away_at_first)
        exchange.reply.finish(b"2")
        assert [event.data async for event in events().tail("s", "a", 1)] == [b"2"]

    async def test_ends_its_stream_in_the_log(self) -> None:
        exchange = Exchange(resumable(priming=False))
        exchange.reply.push(b"1")
        exchange.reply.finish(b"2")
        await exchange.answer()
        assert [event.data async for event in events().tail("s", "a", 0)] == [b"1", b"2"]


async def test_a_stream_whose_log_fails_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_: object) -> None:
        raise OSError("the log is gone")

    monkeypatch.setattr(events(), "append", fail)
    exchange = Exchange(resumable())
    exchange.reply.push(b"1")
    exchange.conversation.begin()
    await eventually(lambda: exchange.conversation.task is not None and exchange.conversation.task.done())
    writer = exchange.reply._writer
    assert writer is not None
    assert isinstance(writer.exception(), OSError)
