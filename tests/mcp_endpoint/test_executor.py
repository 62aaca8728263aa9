"""Synchronous functions run beside the event loop."""

import asyncio
import threading
from contextvars import ContextVar

import pytest

from mcp_endpoint import executor

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


async def test_old_connections_are_closed_before_and_after(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    monkeypatch.setattr(executor, "close_old_connections", lambda: seen.append("closed"))
    await executor.run_sync(lambda: seen.append("ran"))
    assert seen == ["closed", "ran", "closed"]


async def test_old_connections_are_closed_after_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    monkeypatch.setattr(executor, "close_old_connections", lambda: seen.append("closed"))
    with pytest.raises(ZeroDivisionError):
        await executor.run_sync(lambda: 1 / 0)
    assert seen == ["closed", "closed"]
