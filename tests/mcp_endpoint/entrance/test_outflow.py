"""The way out of a stream under each server: who waits, and who is cut."""

import asyncio
import functools
import socket
import struct
from types import SimpleNamespace
from typing import Any

import pytest
from pytest_django import Settings

from mcp_endpoint.entrance.outflow import ClientStalledError, TwistedOutflow, break_off, outflow


class Cycle:
    """As uvicorn answers a request: `send` waits while there is no room."""

    def __init__(self) -> None:
        self.room, self.aborted, self.sent = asyncio.Event(), 0, list[Any]()
        self.options = list[Any]()
        connection = SimpleNamespace(setsockopt=lambda *option: self.options.append(option))
        self.transport = SimpleNamespace(abort=self._abort, get_extra_info={"socket": connection}.get)

    def _abort(self) -> None:
        self.aborted += 1

    async def send(self, message: Any) -> None:
        await self.room.wait()
        self.sent.append(message)


class Request:
    """As Daphne's request looks from here; it takes whatever it is given."""

    def __init__(self) -> None:
        self.producer: Any = None
        self.aborted, self.sent = 0, list[Any]()
        self.channel: Any = SimpleNamespace(transport=SimpleNamespace(abortConnection=self._abort))

    def _abort(self) -> None:
        self.aborted += 1

    def registerProducer(self, producer: Any, streaming: bool) -> None:  # noqa: N802  (Twisted's name)
        assert streaming
        self.producer = producer

    def unregisterProducer(self) -> None:  # noqa: N802
        self.producer = None


async def reply(request: Request, message: Any) -> None:
    request.sent.append(message)


@pytest.fixture(autouse=True)
def impatient(settings: Settings) -> None:
    settings.MCP_SEND_TIMEOUT = 0.01


async def test_a_client_that_reads_nothing_is_cut_under_uvicorn() -> None:
    cycle = Cycle()
    way = outflow(cycle.send)
    with pytest.raises(ClientStalledError):
        await way.send({})
    assert (cycle.aborted, cycle.sent) == (1, [])
    assert cycle.options == [(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))]  # a reset, at once
    cycle.room.set()
    await way.finish({})
    assert len(cycle.sent) == 1


async def test_a_client_that_reads_nothing_is_cut_under_daphne() -> None:
    request = Request()
    way = outflow(functools.partial(reply, request))
    await way.send({})
    request.producer.pauseProducing()
    with pytest.raises(ClientStalledError):
        await way.send({})
    assert (request.aborted, len(request.sent)) == (1, 1)


async def test_it_goes_on_under_daphne_when_there_is_room_again_and_lets_go_in_the_end() -> None:
    request = Request()
    way = outflow(functools.partial(reply, request))
    for resume in (lambda: request.producer.resumeProducing(), lambda: request.producer.stopProducing()):
        request.producer.pauseProducing()
        asyncio.get_running_loop().call_soon(resume)
        await way.send({})
    await way.finish({})
    assert (len(request.sent), request.producer, request.aborted) == (3, None, 0)


async def test_a_client_that_left_under_daphne_is_sent_nothing_that_waits() -> None:
    request = Request()
    request.channel = None
    send = functools.partial(reply, request)
    way = outflow(send)
    assert isinstance(way, TwistedOutflow)
    await way.send({})
    await way.finish({})
    break_off(send)
    assert request.producer is None


async def test_an_unknown_server_is_left_alone() -> None:
    async def send(message: Any) -> None:
        pass

    break_off(send)
    await outflow(send).finish({})
