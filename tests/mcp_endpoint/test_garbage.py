"""A call leaves nothing for the garbage collector: while that runs, nobody is answered."""

import gc
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import pytest

from mcp_endpoint import tool
from tests.mcp_endpoint.conftest import Place, Site
from tests.mcp_endpoint.eras import Client, Session

Ask = Callable[[], Awaitable[object]]
CALLS = 20


@pytest.fixture
def client(site: Site) -> Client:
    """A client of a site with one tool."""

    @tool()
    async def greet(name: str) -> str:
        """Greet somebody."""
        return f"Hello, {name}!"

    return site.client()


@pytest.fixture
async def session(client: Client) -> Session:
    return await client.session()


@contextmanager
def kept() -> Iterator[list[object]]:
    """What the collector would throw away when this is over."""
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        yield gc.garbage
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()


async def left_by(ask: Ask) -> dict[str, float]:
    """Objects in circles, for each time that this is asked."""
    for _ in range(3):
        await ask()
    with kept() as garbage:
        for _ in range(CALLS):
            await ask()
        gc.collect()
        counted = Counter(type(each).__qualname__ for each in garbage)
    return {name: number / CALLS for name, number in counted.items() if number >= CALLS}


async def test_of_2026(client: Client) -> None:
    assert await left_by(lambda: client.call("greet", {"name": "Ada"})) == {}
    assert await left_by(lambda: client.modern("tools/list")) == {}


async def test_of_a_session(session: Session) -> None:
    assert await left_by(lambda: session.call("greet", {"name": "Ada"})) == {}
    assert await left_by(lambda: session.ask("tools/list")) == {}


async def test_of_a_session_on_redis(on_redis: Place, session: Session) -> None:
    assert await left_by(lambda: session.call("greet", {"name": "Ada"})) == {}
