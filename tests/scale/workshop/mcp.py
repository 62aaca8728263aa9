"""Tools that last until they are told, and tools that flood."""

import asyncio
import threading
import time
from collections import Counter, defaultdict
from pathlib import Path

from mcp_endpoint import Context, resource, tool

_running: Counter[str] = Counter()
_released: defaultdict[str, threading.Event] = defaultdict(threading.Event)


@resource("pad://{text}", name="pad")
def pad(text: str) -> str:
    """Whatever was named."""
    return text


@tool()
def running(label: str) -> int:
    """How many calls of a label run here."""
    return _running[label]


@tool()
def release(label: str) -> str:
    """Let go what is held under a label."""
    _released[label].set()
    return "released"


@tool()
async def hold(ctx: Context, label: str, seconds: float, say: bool = False, until: str = "") -> str:
    """Take some time, on the event loop, or until it is released or a file of the name `until` is there."""
    _running[label] += 1
    try:
        if say:
            ctx.info("holding")
        end = time.monotonic() + seconds
        while time.monotonic() < end and not (_released[label].is_set() or _is_there(until)):
            await asyncio.sleep(0.02)
    finally:
        _running[label] -= 1
    return f"{label} was held"


@tool()
def hold_thread(label: str, seconds: float, until: str = "") -> str:
    """The same on a thread, without ever looking whether somebody waits for it."""
    _running[label] += 1
    end = time.monotonic() + seconds
    while time.monotonic() < end and not (_released[label].wait(0.02) or _is_there(until)):
        pass
    _running[label] -= 1
    return f"{label} was held"


def _is_there(name: str) -> bool:
    return bool(name) and Path(name).exists()


@tool()
async def flood(ctx: Context, label: str, size: int) -> str:
    """Say more and more, until the call is cancelled or the label released."""
    _running[label] += 1
    try:
        while not _released[label].is_set():
            ctx.info("x" * size)
            await asyncio.sleep(0)
    finally:
        _running[label] -= 1
    return "dry"


@tool()
async def stir(ctx: Context, uri: str, times: int) -> str:
    """Tell subscribers so often that a resource changed."""
    for number in range(times):
        ctx.resource_updated(uri)
        if number % 20 == 0:
            await asyncio.sleep(0.005)
    return "stirred"
