"""Synchronous functions run beside the event loop."""

import asyncio
import threading
from contextvars import ContextVar
from functools import cache

import pytest
from django.db import connection
from pytest_django import Settings

from mcp_endpoint import Context, executor, tool
from oauth_bridge.background_writer import CONNECTION_SECONDS
from tests.mcp_endpoint.conftest import Site

who: ContextVar[str] = ContextVar("who")


async def test_a_plain_function_runs_on_a_thread_of_the_pool() -> None:
    assert (await executor.run(lambda: threading.current_thread().name, False)).startswith("mcp")


async def test_an_async_function_runs_on_the_loop() -> None:
    async def here() -> asyncio.AbstractEventLoop:
        return asyncio.get_running_loop()

    assert await executor.run(here, True) is asyncio.get_running_loop()


async def test_arguments_and_the_result_are_passed() -> None:
    assert await executor.run_sync(lambda a, *, b: a + b, 1, b=2) == 3


async def test_the_callers_context_variables_are_there() -> None:
    who.set("alice")
    assert await executor.run_sync(who.get) == "alice"


async def test_context_variables_that_it_sets_stay_its_own() -> None:
    who.set("alice")
    await executor.run_sync(who.set, "mallory")
    assert who.get() == "alice"


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What happens to connections, in order."""
    found: list[str] = []
    monkeypatch.setattr(executor, "close_stale_connections", lambda: found.append("before"))
    monkeypatch.setattr(executor, "close_old_connections", lambda: found.append("after"))
    return found


async def test_old_connections_are_closed_before_and_after(seen: list[str]) -> None:
    await executor.run_sync(lambda: seen.append("ran"))
    assert seen == ["before", "ran", "after"]


async def test_old_connections_are_closed_after_a_failure(seen: list[str]) -> None:
    with pytest.raises(ZeroDivisionError):
        await executor.run_sync(lambda: 1 / 0)
    assert seen == ["before", "after"]


async def test_tokens_are_checked_while_every_thread_waits_for_an_answer(
    site: Site, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.MCP_THREADS = 1
    monkeypatch.setattr(executor, "_pool", cache(executor._pool.__wrapped__))

    @tool()
    def ask(ctx: Context) -> str:
        return ctx.wait(ctx.elicit("Who are you?", {"type": "object", "properties": {}})).action

    session = await site.session(capabilities={"elicitation": {}})
    call = session.open_call("ask")
    question = await call.message()
    assert (await session.reply(question, result={"action": "decline"})).status == 202
    assert (await call.answer()).messages[-1]["result"]["content"][0]["text"] == "decline"


async def test_its_threads_keep_their_database_connection() -> None:
    """Other threads end with their request, and the settings have it that their connections end with them."""

    def kept_for() -> object:
        return connection.settings_dict["CONN_MAX_AGE"]

    assert await executor.run_sync(kept_for) == CONNECTION_SECONDS
    assert kept_for() == 0
