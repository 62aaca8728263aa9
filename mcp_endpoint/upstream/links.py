"""Waits for a user to link an account, and tells clients of sessions that they did."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from mcp_endpoint import executor
from mcp_endpoint.per_loop import PerLoop
from mcp_endpoint.state.bus import Message, announce, bus
from mcp_endpoint.state.change_log import change_log
from mcp_endpoint.state.session_record import SessionRecord

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
        self._waiting: dict[tuple[str, str], set[asyncio.Event]] = {}
        self._promises: dict[str, tuple[float, SessionRecord, Any]] = {}
        bus().subscribe(KIND, self._on_linked)

    async def linked(self, user_id: Any, provider: str, seconds: float) -> bool:
        """Wait until the account is linked; False when that takes longer."""
        from accounts.upstream.tokens import is_linked  # needs models; this room is imported before they are

        until = time.monotonic() + seconds
        with self._news((str(user_id), provider)) as news:
            while True:
                news.clear()  # before the look: what comes while it is taken counts
                if await executor.run_at_gate(is_linked, user_id, provider):
                    return True
                left = until - time.monotonic()
                if left <= 0:
                    return False
                with suppress(TimeoutError):
                    async with asyncio.timeout(min(left, LOOK)):
                        await news.wait()

    def promise(self, elicitation: str, session: SessionRecord, user_id: Any) -> None:
        """Tell this session when the elicitation is complete, should that happen in time."""
        now = time.monotonic()
        for old in [name for name, (until, *_) in self._promises.items() if until < now]:
            del self._promises[old]
        if len(self._promises) < PROMISES:
            self._promises[elicitation] = (now + PROMISED_FOR, session, user_id)

    @contextmanager
    def _news(self, key: tuple[str, str]) -> Iterator[asyncio.Event]:
        news = asyncio.Event()
        waiting = self._waiting.setdefault(key, set())
        waiting.add(news)
        try:
            yield news
        finally:
            waiting.discard(news)
            if not waiting:
                self._waiting.pop(key, None)

    def _on_linked(self, message: Message) -> None:
        for news in self._waiting.get((message["user"], message["provider"]), ()):
            news.set()
        elicitation = message["elicitation"]
        promise = self._promises.pop(elicitation, None)
        if promise is not None:
            _, session, user_id = promise
            change_log().append(session.endpoint, COMPLETE, {"elicitationId": elicitation}, user_id, session.id)


links = PerLoop(Links)
"""Those of the running event loop."""


def on_linked(sender: object, user_id: Any, provider: str, elicitation: str, **_: Any) -> None:
    """Receiver of `accounts.upstream.signals.upstream_linked`: tell every process."""
    announce(KIND, user=str(user_id), provider=provider, elicitation=elicitation)
