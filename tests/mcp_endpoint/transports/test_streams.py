"""Open event streams, and how they end: with their source, their client, or their access."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from pytest_django import Settings

from mcp_endpoint.errors import HttpError
from mcp_endpoint.state.bus import bus
from mcp_endpoint.state.in_flight import in_flight
from mcp_endpoint.transports import streams
from mcp_endpoint.transports.streams import serve_stream
from mcp_endpoint.wire import frame
from oauth_bridge.signals import access_ended
from tests.mcp_endpoint.conftest import Site
from tests.mcp_endpoint.driver import Conversation, Json, eventually
from tests.mcp_endpoint.people import principal

Caller = streams.Principal


@pytest.fixture(autouse=True)
def layer(site: Site) -> None:
    """A bus of the test's own."""


async def endless() -> AsyncIterator[bytes]:
    yield frame(b"{}")
    await asyncio.Event().wait()


def serving(source: AsyncIterator[bytes], caller: Caller | None = None, **options: Any) -> Conversation:
    """A request that is answered with a stream."""

    async def application(scope: Json, receive: Any, send: Any) -> None:
        await serve_stream(receive, send, caller or principal(), source, ((b"x-a", b"b"),), **options)

    return Conversation(application, {}).begin()


class TestAStream:
    async def test_ends_with_its_source(self) -> None:
        async def source() -> AsyncIterator[bytes]:
            yield frame(b"1")
            yield frame(b"2")

        answer = await serving(source()).answer()
        assert [event.data for event in answer.events] == ["1", "2"]
        assert answer.headers["x-a"] == "b"

    async def test_is_never_cached_or_buffered(self) -> None:
        stream = serving(endless())
        await stream.started()
        assert "no-store" in stream.headers["cache-control"]
        assert stream.headers["x-accel-buffering"] == "no"
        stream.leave()
        await stream.over()

    async def test_begins_before_there_is_anything_to_send(self) -> None:
        async def source() -> AsyncIterator[bytes]:
            await asyncio.Event().wait()
            yield b""

        stream = serving(source())
        assert await stream.started() == 200
        stream.leave()
        await stream.over()

    async def test_ends_when_its_client_leaves(self) -> None:
        stream = serving(endless())
        await stream.event()
        stream.leave()
        await stream.over()

    async def test_ends_when_its_access_ends(self) -> None:
        stream = serving(endless(), principal(connection_id=7))
        await stream.event()
        access_ended.send(None, connection_ids=frozenset({7}))
        await stream.answer()

    async def test_does_not_end_when_another_connections_access_ends(self) -> None:
        stream = serving(endless(), principal(connection_id=7))
        other = serving(endless(), principal(connection_id=8))
        await stream.event()
        access_ended.send(None, connection_ids=frozenset({8}))
        await other.answer()
        assert not stream.ended
        stream.leave()
        await stream.over()

    async def test_ends_when_its_token_expires(self) -> None:
        await serving(endless(), principal(lasts=0.01)).answer()

    async def test_that_expired_already_ends_at_once(self) -> None:
        await serving(endless(), principal(lasts=-5)).answer()

    async def test_shows_life_in_a_long_silence(self, settings: Settings) -> None:
        settings.MCP_KEEP_ALIVE = 0.001
        stream = serving(endless())
        await stream.event()
        assert (await stream.event()).comment == "keep-alive"
        stream.leave()
        await stream.over()

    async def test_tells_its_source_that_it_is_over(self) -> None:
        closed = asyncio.Event()

        async def source() -> AsyncIterator[bytes]:
            try:
                yield frame(b"1")
                await asyncio.Event().wait()
            finally:
                closed.set()

        stream = serving(source())
        await stream.event()
        stream.leave()
        await stream.over()
        await eventually(closed.is_set)

    async def test_whose_source_fails_says_so_to_who_serves_it(self) -> None:
        async def source() -> AsyncIterator[bytes]:
            yield frame(b"1")
            raise OSError("the log is gone")

        stream = serving(source())
        with pytest.raises(OSError, match="the log is gone"):
            await stream.over()


def test_a_credential_that_ended_has_no_time_left() -> None:
    assert streams.expires_in(principal(lasts=-5)) == 0


class TestAnAccessThatEndsBeforeTheStreamBegins:
    async def test_is_refused_as_any_other(self) -> None:
        async def check() -> None:
            raise HttpError(401, -32600, "The access token is invalid")

        stream = serving(endless(), check=check)
        assert stream.task is not None
        with pytest.raises(HttpError):
            await stream.task
        assert stream.start is None
        assert len(in_flight()) == 0

    async def test_and_is_heard_of_while_it_is_looked_at_ends_it(self) -> None:
        async def check() -> None:
            access_ended.send(None, connection_ids=frozenset({1}))
            await bus().publish("later")
            await heard.wait()

        heard = asyncio.Event()
        bus().subscribe("later", lambda message: heard.set())
        assert (await serving(endless(), check=check).answer()).status == 200
