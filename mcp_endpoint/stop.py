"""The orderly stop: what this room does between the signal that ends the server and its end.

uvicorn tells an application that it ends when all connections are closed, which open streams are not; Daphne cancels
all requests at once and tells nobody. So their signal handlers are wrapped. uvicorn is told at the same moment, and
stops listening; Daphne when the stop is over.
"""

import asyncio
import logging
import signal
import threading
from collections.abc import Callable
from functools import partial
from types import FrameType
from typing import Any

from mcp_endpoint import executor, ledger
from mcp_endpoint.conf import conf
from mcp_endpoint.entrance.outflow import break_off
from mcp_endpoint.per_loop import PerLoop
from mcp_endpoint.state.in_flight import in_flight
from mcp_endpoint.state.lease import lease
from mcp_endpoint.wire import Receive, Scope, Send
from oauth_bridge import attempts

logger = logging.getLogger(__name__)

SIGNALS = (signal.SIGTERM, signal.SIGINT)
Handler = Callable[[int, FrameType | None], Any]


class Stop:
    """The stop of one event loop's server; there is one at the most."""

    def __init__(self) -> None:
        self._task: asyncio.Task[None] | None = None

    @property
    def begun(self) -> bool:
        return self._task is not None

    def begin(self) -> "asyncio.Task[None]":
        """Stop: finish what runs, as far as `MCP_STOP_GRACE` allows, and write down what is still to be written."""
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run())
        return self._task

    async def _run(self) -> None:
        here = in_flight()
        logger.info("Stopping: %d calls and streams are open.", len(here))
        await here.stop(conf().stop_grace)
        if conf().redis_url:
            await lease().end()
        await asyncio.to_thread(_write_down)
        executor.stop()


stop = PerLoop(Stop)
"""The stop of the running event loop's server."""


def _write_down() -> None:
    ledger.stop()
    attempts.stop()


def watch_signals() -> None:
    """Have the signals that end this server begin an orderly stop. Called on its event loop, once it runs."""
    if threading.current_thread() is not threading.main_thread():
        return  # `runserver` with its reloader: signals go elsewhere
    loop = asyncio.get_running_loop()
    for number in SIGNALS:
        handler = signal.getsignal(number)
        if callable(handler) and handler is not signal.default_int_handler:
            signal.signal(number, partial(_on_signal, loop, stop(), handler))


def _on_signal(
    loop: asyncio.AbstractEventLoop, stopping: Stop, handler: Handler, number: int, frame: FrameType | None
) -> None:
    """The second signal goes to the server's own handler, which does not wait for anything."""
    if stopping.begun:
        handler(number, frame)
        return
    server: Any = getattr(handler, "__self__", None)
    if hasattr(server, "should_exit"):
        # uvicorn's own handler would do just this, and have the process die of the signal after its orderly end.
        server.should_exit = True
        loop.call_soon_threadsafe(stopping.begin)
    else:
        loop.call_soon_threadsafe(lambda: stopping.begin().add_done_callback(lambda _: handler(number, None)))


class _Page:
    """A request that is not one of this room's."""

    def __init__(self, send: Send) -> None:
        self._send = send

    def abort(self) -> None:
        break_off(self._send)


def waited_for(application: Callable[[Scope, Receive, Send], Any]) -> Callable[[Scope, Receive, Send], Any]:
    """The application, whose requests a stop waits for too."""

    async def counted(scope: Scope, receive: Receive, send: Send) -> None:
        here, page = in_flight(), _Page(send)
        here.begin(page)
        try:
            await application(scope, receive, send)
        finally:
            here.finish(page)

    return counted
