"""Sessions as clients begin them, and streams as they read them."""

import asyncio
from collections.abc import AsyncIterator

from mcp_endpoint.state.events import Event
from mcp_endpoint.state.sessions import SessionRecord
from tests.mcp_endpoint.driver import PATIENCE


def record(owner: str = "1:client") -> SessionRecord:
    """A new session of somebody's client."""
    return SessionRecord(owner, "default", "2025-11-25", {"name": "tests", "version": "1"}, {"roots": {}})


async def the_rest(source: AsyncIterator[Event]) -> list[bytes]:
    """What is left of a stream that ends."""
    async with asyncio.timeout(PATIENCE):
        return [event.data async for event in source]


async def following(source: AsyncIterator[Event]) -> bytes:
    """The next event of a stream."""
    async with asyncio.timeout(PATIENCE):
        return (await anext(source)).data
