"""Waits for a user to link an account, and tells clients of sessions that they did."""

import asyncio
import time
from typing import Any

from mcp_endpoint import executor
from mcp_endpoint.bus import Message, announce, bus
from mcp_endpoint.events import STANDALONE, events
from mcp_endpoint.per_loop import PerLoop
from mcp_endpoint.wire import encode

KIND = "upstream_linked"
LOOK = 2.0
"""Seconds between looks into the database, for a process that the notice does not reach."""
PROMISES = 10_000
PROMISED_FOR = 3600.0
"""Seconds for which a link that was handed out can be used."""
COMPLETE = "notifications/elicitation/complete"


class Links:
    """Who waits on one event loop for which account, and which sessions were promised a notice."""

    def __init__(self) -> None:
        self._news: dict[tuple[str, str], asyncio.Event] = {}
        self._promises: dict[str, tuple[float, str]] = {}
        self._sending: set[asyncio.Task[Any]] = set()
        bus().subscribe(KIND, self._on_linked)

    async def linked(self, user_id: Any, provider: str, seconds: float) -> bool:
        """Wait until the account is linked; False when that takes longer."""
        from accounts.upstream.tokens import is_linked  # needs models; this room is imported before they are

        until = time.monotonic() + seconds
        key = (str(user_id), provider)
        while True:
            news = self._news.setdefault(key, asyncio.Event())
            if await executor.run_at_gate(is_linked, user_id, provider):
                return True
            left = until - time.monotonic()
            if left <= 0:
                return False
            try:
                async with asyncio.timeout(min(left, LOOK)):
                    await news.wait()
            except TimeoutError:
                pass

    def promise(self, elicitation: str, session_id: str) -> None:
        """Tell this session when the elicitation is complete, should that happen in time."""
        now = time.monotonic()
        for old in [name for name, (until, _) in self._promises.items() if until < now]:
            del self._promises[old]
        if len(self._promises) < PROMISES:
            self._promises[elicitation] = (now + PROMISED_FOR, session_id)

    def _on_linked(self, message: Message) -> None:
        news = self._news.pop((message["user"], message["provider"]), None)
        if news is not None:
            news.set()
        promise = self._promises.pop(message["elicitation"], None)
        if promise is not None:
            notice = {"jsonrpc": "2.0", "method": COMPLETE, "params": {"elicitationId": message["elicitation"]}}
            task = asyncio.ensure_future(events().append(promise[1], STANDALONE, encode(notice)))
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)


links = PerLoop(Links)
"""Those of the running event loop."""


def on_linked(sender: object, user_id: Any, provider: str, elicitation: str, **_: Any) -> None:
    """Receiver of `accounts.upstream.signals.upstream_linked`: tell every process."""
    announce(KIND, user=str(user_id), provider=provider, elicitation=elicitation)
