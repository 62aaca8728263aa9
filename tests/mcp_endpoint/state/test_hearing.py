"""Word of a change that others confirm: who made it goes on when they have heard."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from mcp_endpoint.state import hearing as module
from mcp_endpoint.state.bus import bus
from mcp_endpoint.state.hearing import CONFIRM, announce_change, hearing
from mcp_endpoint.state.lease import Lease, lease, process_key, processes_key
from mcp_endpoint.state.redis_client import key
from tests.mcp_endpoint.conftest import Place
from tests.mcp_endpoint.driver import eventually

KIND = "tests_changed"


@pytest.fixture(autouse=True)
async def here(on_redis: Place) -> None:
    """This process, which others wait for."""
    await lease().hold()
    hearing().join()


def told() -> "asyncio.Future[None]":
    """A view that makes a change, on a thread of its own."""
    return asyncio.ensure_future(sync_to_async(announce_change, thread_sensitive=False)(KIND, ["user:1"]))


async def another(on_redis: Place) -> str:
    """A process that lives, and confirms nothing by itself."""
    other = Lease()
    await other._renew()
    return other.name


async def test_alone_nobody_is_waited_for(on_redis: Place) -> None:
    await told()
    assert list(on_redis.client.scan_iter(key("heard", "*"))) == []


async def test_a_process_confirms_what_it_has_heard(on_redis: Place) -> None:
    await bus().publish(CONFIRM, key=key("heard", "a"))
    await eventually(lambda: on_redis.client.smembers(key("heard", "a")) == {lease().name.encode()})
    assert 0 < on_redis.expires_in(key("heard", "a")) <= 10


async def test_who_makes_a_change_waits_for_every_other_process(on_redis: Place) -> None:
    name, asked = await another(on_redis), []
    bus().subscribe(CONFIRM, lambda message: asked.append(message["key"]))
    change = told()
    await eventually(lambda: asked)
    await eventually(lambda: on_redis.client.smembers(asked[0]) == {lease().name.encode()})
    assert not change.done()
    on_redis.client.sadd(asked[0], name)
    await change


async def test_a_process_that_is_gone_is_not_waited_for(on_redis: Place) -> None:
    on_redis.client.delete(process_key(await another(on_redis)))
    await told()


async def test_a_process_that_stopped_is_not_waited_for(on_redis: Place) -> None:
    other = Lease()
    other.begin()
    await eventually(lambda: on_redis.client.exists(process_key(other.name)))
    await other.end()
    assert on_redis.client.smembers(processes_key()) == {lease().name.encode()}
    await told()


async def test_one_that_does_not_answer_is_not_waited_for_long(
    on_redis: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "HEARD_SECONDS", 0.05)
    await another(on_redis)
    await told()


class Unasked:
    """What is going on, for somebody who must not wait for it."""

    def result(self, timeout: float) -> None:
        raise AssertionError("the event loop stood still")


async def test_nobody_is_waited_for_on_the_event_loop(on_redis: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    schedule = asyncio.run_coroutine_threadsafe

    def begin(work: Coroutine[Any, Any, None], loop: asyncio.AbstractEventLoop) -> Unasked:
        schedule(work, loop)
        return Unasked()

    monkeypatch.setattr(asyncio, "run_coroutine_threadsafe", begin)
    heard: list[object] = []
    bus().subscribe(KIND, heard.append)
    announce_change(KIND, ["user:1"])
    await eventually(lambda: len(heard) == 2)  # this process alone, and as one of all
