"""A stream of HTTP+SSE whose log, or session, cannot be reached for a while."""

import asyncio
from typing import Any

import pytest

from mcp_endpoint import Context, tool
from mcp_endpoint.state.events import events
from mcp_endpoint.state.redis_client import RedisAwayError
from mcp_endpoint.state.sessions import sessions
from mcp_endpoint.transports import backlog, sse
from tests.mcp_endpoint.conftest import Site
from tests.mcp_endpoint.driver import eventually
from tests.mcp_endpoint.eras import request
from tests.mcp_endpoint.transports.test_sse import dial

pytestmark = pytest.mark.usefixtures("place")
"""All of it in one process, and on Redis."""


async def test_its_session_ends_also_when_it_could_not_at_first(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    attempts, end = [], sse.end_session

    async def away_at_first(session_id: str) -> bool:
        attempts.append(session_id)
        if len(attempts) < 3:
            raise RedisAwayError
        return await end(session_id)

    monkeypatch.setattr(sse, "end_session", away_at_first)
    monkeypatch.setattr(sse, "PAUSE", 0)
    monkeypatch.setattr(sse, "END_SECONDS", 0)
    line = await dial(site)
    await line.hang_up()
    await eventually(lambda: not sse._at_work)
    assert await sessions().load(line.query.partition("=")[2]) is None


async def test_of_what_its_log_cannot_take_the_newest_is_kept(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    back = asyncio.Event()

    async def append(*arguments: Any) -> Any:
        await back.wait()
        return await log(*arguments)

    @tool()
    async def chatter(ctx: Context) -> str:
        for number in range(100):
            ctx.info(f"{number}")
        await asyncio.sleep(0)
        back.set()
        return "done"

    line = await dial(site)
    await line.initialize()
    log = events().append
    monkeypatch.setattr(events(), "append", append)
    monkeypatch.setattr(backlog, "MAX_PENDING", 10)
    await line.post(request("tools/call", {"name": "chatter"}))
    heard = [await line.stream.message()]
    while "result" not in heard[-1]:
        heard.append(await line.stream.message())
    told = [int(message["params"]["data"]) for message in heard[:-1]]
    assert told[-1] == 99
    assert len(told) <= 12
    await line.hang_up()
