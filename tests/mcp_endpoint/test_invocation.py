"""Plain functions that serve calls: on the pool, with their request's context, until they are cancelled."""

import asyncio
import threading
from contextvars import ContextVar

import pytest

from mcp_endpoint import Context, tool
from tests.mcp_endpoint.conftest import Site
from tests.mcp_endpoint.driver import Json

who: ContextVar[str] = ContextVar("who", default="nobody")


async def text_of(site: Site, name: str, arguments: Json | None = None) -> str:
    """The text of a tool's result."""
    result = (await site.client().call(name, arguments)).result
    text: str = result["content"][0]["text"]
    return text


class TestAPlainFunction:
    async def test_runs_on_the_pool(self, site: Site) -> None:
        tool(name="where")(lambda: threading.current_thread().name)
        assert (await text_of(site, "where")).startswith("mcp")

    async def test_has_the_context_variables_of_its_request(self, site: Site) -> None:
        @tool()
        def whoami() -> str:
            return who.get()

        who.set("alice")
        assert await text_of(site, "whoami") == "alice"

    async def test_reports_progress_in_order(self, site: Site) -> None:
        @tool()
        def count(ctx: Context) -> str:
            for n in range(1, 4):
                ctx.progress(n)
            return ""

        answer = await site.client().call("count", meta={"progressToken": 7})
        assert [message["params"]["progress"] for message in answer.messages[:3]] == [1, 2, 3]
        assert "result" in answer.messages[3]

    async def test_can_wait_for_what_is_awaited(self, site: Site) -> None:
        @tool()
        def wait(ctx: Context) -> str:
            return ctx.wait(asyncio.sleep(0, "rested"))

        assert await text_of(site, "wait") == "rested"

    async def test_can_see_that_nobody_waits_for_it_any_more(self, site: Site) -> None:
        begun, seen, contexts = threading.Event(), threading.Event(), []

        @tool()
        def work(ctx: Context) -> str:
            contexts.append(ctx)
            begun.set()
            while not ctx.cancelled:
                pass
            seen.set()
            return ""

        session = await site.session()
        call = session.open_call("work", id=9)
        await asyncio.to_thread(begun.wait, 5)
        assert not contexts[0].cancelled
        await session.post({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 9}})
        await call.answer()
        assert await asyncio.to_thread(seen.wait, 5)

    async def test_stops_to_wait_when_it_is_cancelled(self, site: Site) -> None:
        asked, over = asyncio.Event(), threading.Event()

        async def ask() -> None:
            asked.set()
            await asyncio.Event().wait()

        @tool()
        def work(ctx: Context) -> str:
            try:
                ctx.wait(ask())
            finally:
                over.set()
            return ""

        session = await site.session()
        call = session.open_call("work", id=9)
        async with asyncio.timeout(30):
            await asked.wait()
        await session.post({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 9}})
        await call.answer()
        assert await asyncio.to_thread(over.wait, 5)


async def test_waiting_in_an_async_function_is_refused(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    @tool()
    async def wait(ctx: Context) -> str:
        return ctx.wait(asyncio.sleep(0, "rested"))

    await text_of(site, "wait")
    assert "ctx.wait is for `def` functions" in caplog.text
