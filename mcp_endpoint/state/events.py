"""The log of events: in this process, or on the Redis that several processes share."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from functools import cache

from mcp_endpoint.conf import conf
from mcp_endpoint.per_loop import PerLoop
from mcp_endpoint.state.bus import Message, bus
from mcp_endpoint.state.event import ANSWERS, MAX_EVENTS, Draft, Event, EventLog, parse_event_id
from mcp_endpoint.state.redis_events import RedisEvents
from mcp_endpoint.state.session_record import SESSION_ENDED

__all__ = ["ANSWERS", "Draft", "Event", "EventLog", "InProcessEvents", "events", "parse_event_id"]


@dataclass
class _Stream:
    events: deque[Event] = field(default_factory=deque)
    size: int = 0
    """Bytes of what is kept."""
    last: int = 0
    ended_at: float | None = None
    more: asyncio.Event = field(default_factory=asyncio.Event)

    def add(self, event: Event) -> None:
        self.events.append(event)
        self.size += len(event.data)
        while len(self.events) > MAX_EVENTS or (self.size > conf().limits.stream_buffer and len(self.events) > 1):
            self.size -= len(self.events.popleft().data)

    def wake(self) -> None:
        self.more.set()
        self.more = asyncio.Event()


class InProcessEvents:
    """Events of one process. An ended stream can be read for `MCP_EVENT_TTL` seconds more."""

    def __init__(self) -> None:
        self._sessions: dict[str, dict[str, _Stream]] = {}
        self._ended: deque[tuple[float, str, str]] = deque()
        self._heard = PerLoop(self._hear)

    async def append(self, session_id: str, stream: str, draft: Draft) -> Event:
        found = self._stream(session_id, stream)
        found.last += 1
        event = Event(stream, found.last, draft.data)
        found.add(event)
        found.wake()
        return event

    async def tail(self, session_id: str, stream: str, after: int) -> AsyncIterator[Event]:
        found = self._stream(session_id, stream)
        position = after
        while True:
            for event in [event for event in found.events if event.number > position]:
                position = event.number
                yield event
            if found.last <= position:
                if found.ended_at is not None:
                    return
                await found.more.wait()

    async def knows(self, session_id: str, stream: str) -> bool:
        return stream in self._sessions.get(session_id, {})

    async def end(self, session_id: str, stream: str) -> None:
        self._drop_old()
        found = self._sessions.get(session_id, {}).get(stream)
        if found is not None and found.ended_at is None:
            found.ended_at = time.monotonic()
            self._ended.append((found.ended_at, session_id, stream))
            found.wake()

    def _stream(self, session_id: str, stream: str) -> _Stream:
        self._heard()
        return self._sessions.setdefault(session_id, {}).setdefault(stream, _Stream())

    def _hear(self) -> bool:
        bus().subscribe(SESSION_ENDED, self._on_session_ended)
        return True

    def _on_session_ended(self, message: Message) -> None:
        for found in self._sessions.pop(message["session"], {}).values():
            found.ended_at = time.monotonic()
            found.wake()

    def _drop_old(self) -> None:
        horizon = time.monotonic() - conf().event_ttl
        while self._ended and self._ended[0][0] < horizon:
            _, session_id, stream = self._ended.popleft()
            streams = self._sessions.get(session_id, {})
            streams.pop(stream, None)
            if not streams:
                self._sessions.pop(session_id, None)


@cache
def events() -> EventLog:
    """The log in force."""
    return RedisEvents() if conf().redis_url else InProcessEvents()
