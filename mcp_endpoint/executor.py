"""Runs synchronous code beside the event loop, on a bounded pool of threads that respects Django's connections.

Never the SDK's `anyio.to_thread`: under Daphne it starts a thread for each call and can hang the shutdown.
"""

import asyncio
import contextvars
from collections.abc import Callable
from functools import cache, partial
from typing import Any, ParamSpec, TypeVar

from django.db import close_old_connections

from mcp_endpoint.conf import conf
from mcp_endpoint.threads import Threads
from oauth_bridge.away import close_stale_connections
from oauth_bridge.background_writer import keep_connections

P = ParamSpec("P")
T = TypeVar("T")


GATE_THREADS = 4
"""Threads that check tokens, apart from those of tools."""
OUTBOUND_THREADS = 8
"""Threads that wait for other servers, apart from both."""


@cache
def _pool() -> Threads:
    return Threads(conf().threads, "mcp", keep_connections)


@cache
def _gate_pool() -> Threads:
    return Threads(GATE_THREADS, "mcp-gate", keep_connections)


@cache
def _outbound_pool() -> Threads:
    return Threads(OUTBOUND_THREADS, "mcp-outbound", keep_connections)


def stop() -> None:
    """End the threads that are idle; another call starts others. One that runs a tool ends with it, or is left."""
    for pool in (_pool, _gate_pool, _outbound_pool):
        if pool.cache_info().currsize:
            pool().shutdown(wait=False)


async def run_sync(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call a synchronous function on the pool, with the caller's context variables."""
    call = partial(_with_fresh_connections, function, *args, **kwargs)
    return await asyncio.get_running_loop().run_in_executor(_pool(), contextvars.copy_context().run, call)


async def run_at_gate(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """The same on threads that no tool can hold: while tools wait for answers, the answers must come in."""
    call = partial(_with_fresh_connections, function, *args, **kwargs)
    return await asyncio.get_running_loop().run_in_executor(_gate_pool(), contextvars.copy_context().run, call)


async def run_outbound(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """The same on threads that may wait for a slow server without holding up tools or the gate."""
    call = partial(_with_fresh_connections, function, *args, **kwargs)
    return await asyncio.get_running_loop().run_in_executor(_outbound_pool(), contextvars.copy_context().run, call)


async def run(function: Callable[..., Any], is_async: bool, **kwargs: Any) -> Any:
    """Call a declared function: on the loop when it is `async def`, on the pool when it is `def`."""
    if is_async:
        return await function(**kwargs)
    return await run_sync(function, **kwargs)


def _with_fresh_connections(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    close_stale_connections()
    try:
        return function(*args, **kwargs)
    finally:
        close_old_connections()
