"""Tells every process of this site what happened, over the Channels layer.

Messages are small dicts with a `kind`; each process handles them for the streams and calls that it holds. When the
layer is away (Redis is down), a message reaches its own process alone, and joining is tried until it succeeds.
"""

import asyncio
import contextvars
import logging
from collections.abc import Callable, Coroutine
from typing import Any, cast

from channels.layers import InMemoryChannelLayer, get_channel_layer

from mcp_endpoint.per_loop import PerLoop

logger = logging.getLogger(__name__)

GROUP = "mcp_endpoint"
RENEWAL = 30
"""Seconds between two joinings of the group: layers drop a member that joined long ago (`group_expiry`), and a Redis
that was emptied knows none."""
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0
"""Seconds between two attempts to join a layer that is away; each is twice the one before."""
SEND_SECONDS = 3.0
"""So long one message may take before it counts as not sent."""
CANCEL_SECONDS = 0.1
"""So long something that was cancelled may take to end before it is cancelled again."""
MISSED = "missed"
"""Kind of the message that says that others may have been lost: each process gives it to itself when it hears again,
and to all when it could not send one.
"""
Message = dict[str, Any]
Handler = Callable[[Message], None]


class Bus:
    """One event loop's membership in the group of all processes."""

    def __init__(self) -> None:
        self._handlers: dict[str, list[Handler]] = {}
        self._loop = asyncio.get_running_loop()
        self._layer = cast(Any, get_channel_layer())
        self._tried = asyncio.Event()
        self._is_member = False
        self._membership: asyncio.Task[None] | None = None
        self._unsent = 0
        self._owes = False
        """Others have not been told something, nor yet that they have not."""
        self._owing: asyncio.Task[None] | None = None

    @property
    def hears_all(self) -> bool:
        """Whether a message of any process reaches this one: a layer that they share is there, and it is a member."""
        return self._is_member and not isinstance(self._layer, InMemoryChannelLayer)

    def subscribe(self, kind: str, handler: Handler) -> Callable[[], None]:
        """Call `handler` on this loop for each message of a kind; returns what undoes it."""
        self._handlers.setdefault(kind, []).append(handler)
        self._start()
        return lambda: self._handlers[kind].remove(handler)

    async def publish(self, kind: str, **message: Any) -> bool:
        """Send a message to every process, this one included; False when only this one has it: the layer is away."""
        self._start()
        await self._tried.wait()
        sent = {"type": "mcp", "kind": kind, **message}
        try:
            await _in_tasks(_send(self._layer, sent))
        except Exception as error:
            self._unsent += 1
            if self._unsent == 1:
                logger.error("The notice %r did not reach the other processes: %s", kind, _reason(error))
            self._deliver(sent)
            self._owe()
            return False
        return True

    def publish_soon(self, kind: str, **message: Any) -> None:
        """Publish from plain code on any thread, without waiting."""
        asyncio.run_coroutine_threadsafe(self.publish(kind, **message), self._loop)

    def call_soon(self, function: Callable[[], object]) -> None:
        """Call a function on this loop, from plain code on any thread."""
        self._loop.call_soon_threadsafe(function)

    def deliver_soon(self, kind: str, **message: Any) -> None:
        """Give a message to this process alone, from plain code on any thread."""
        self._loop.call_soon_threadsafe(self._deliver, {"kind": kind, **message})

    def _start(self) -> None:
        if self._membership is None:
            # An empty context: the listener outlives the request that starts it.
            self._membership = self._loop.create_task(self._stay(), context=contextvars.Context())

    async def _stay(self) -> None:
        """Be a member for as long as the loop runs, whatever happens to the layer."""
        channel, pause, was_away = "", FIRST_PAUSE, False
        while True:
            try:
                # The same one again: what was sent while only the connection was broken waits there.
                channel = channel or cast(str, await self._layer.new_channel())
                await _in_tasks(self._layer.group_add(GROUP, channel))
                self._is_member = True
                self._tried.set()
                if was_away:
                    logger.warning("The other processes are heard again; %d notices were not sent.", self._unsent)
                    self._deliver({"kind": MISSED})
                pause, was_away, self._unsent = FIRST_PAUSE, False, 0
                await self._take_part(channel)
            except Exception as error:
                if not was_away:
                    logger.error("The other processes are not heard, which is tried again: %s", _reason(error))
                was_away = True
            self._tried.set()
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    async def _take_part(self, channel: str) -> None:
        """Listen, and stay in the group; raises what makes either impossible."""
        await _in_tasks(self._listen(channel), self._renew(channel), at_end=self._leave)

    def _leave(self) -> None:
        self._is_member = False

    async def _renew(self, channel: str) -> None:
        while True:
            await asyncio.sleep(RENEWAL)
            await self._layer.group_add(GROUP, channel)

    async def _listen(self, channel: str) -> None:
        while True:
            self._deliver(await self._layer.receive(channel))

    def _owe(self) -> None:
        """Tell every process that it missed something, as soon as it can be told."""
        self._owes = True
        if self._owing is None or self._owing.done():
            self._owing = self._loop.create_task(self._pay(), context=contextvars.Context())

    async def _pay(self) -> None:
        pause = FIRST_PAUSE
        while self._owes:
            await asyncio.sleep(pause)
            pause, self._owes = min(2 * pause, LONGEST_PAUSE), False
            try:
                await _in_tasks(_send(self._layer, {"type": "mcp", "kind": MISSED}))
            except Exception:
                self._owes = True

    def _deliver(self, message: Message) -> None:
        for handler in list(self._handlers.get(message["kind"], ())):
            try:
                handler(message)
            except Exception:
                logger.exception("bus handler for %r raised", message["kind"])


bus = PerLoop(Bus)
"""The bus of the running event loop."""


def announce(kind: str, **message: Any) -> None:
    """Publish from synchronous Django code, whichever thread or process it runs in. Never raises for a layer away."""
    if (running := bus.of_a_running_loop()) is not None:
        running.publish_soon(kind, **message)
        return
    from asgiref.sync import async_to_sync  # only where nothing is served yet, as in a management command

    try:
        async_to_sync(_send)(cast(Any, get_channel_layer()), {"type": "mcp", "kind": kind, **message})
    except Exception as error:
        logger.error("The notice %r did not reach the other processes: %s", kind, _reason(error))


async def _in_tasks(*work: Coroutine[Any, Any, None], at_end: Callable[[], object] = lambda: None) -> None:
    """Run these side by side until all are done or one raises, which is raised here too; `at_end` comes before the rest
    are cancelled.
    """
    # No TaskGroup: until Python 3.13 its tasks' errors hide that it is being cancelled, and the server never ends.
    running = {asyncio.ensure_future(each) for each in work}
    try:
        done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_EXCEPTION)
        for task in done:
            task.result()
    finally:
        at_end()
        # More than once: until Python 3.12 the `wait_for` that redis-py sends with may lose a cancellation (gh-86296).
        while running := {task for task in running if not task.done()}:
            for task in running:
                task.cancel()
            await asyncio.wait(running, timeout=CANCEL_SECONDS)


async def _send(layer: Any, message: Message) -> None:
    """Raises what the layer raises, and TimeoutError after SEND_SECONDS."""
    async with asyncio.timeout(SEND_SECONDS):
        await layer.group_send(GROUP, message)


def _reason(error: BaseException) -> str:
    """What went wrong, on one line."""
    return f"{type(error).__name__}: {error}".strip(": ")
