"""The log of events that a client may ask for again with Last-Event-ID (MCP 2025-11-25 basic/transports).

Events belong to a stream of a session: `STANDALONE` for the GET stream, a random name for the response to one POST.
An event's id is `<stream>.<number>`; no session can name another's events.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from functools import cache
from typing import Protocol

from mcp_endpoint.conf import conf

STANDALONE = "get"
MAX_EVENTS = 1000
"""Events kept for one stream; older ones cannot be asked for again."""
MAX_DIGITS = 18
"""Of an event's number; Python refuses to convert very long ones."""


@dataclass(frozen=True, slots=True)
class Event:
    """One logged message; `data` is empty for a priming event."""

    stream: str
    number: int
    data: bytes

    @property
    def id(self) -> str:
        return f"{self.stream}.{self.number}"


def parse_event_id(text: str) -> tuple[str, int] | None:
    """Stream and number of an event id, or None when it is not of this server's making."""
    stream, _, number = text.rpartition(".")
    counts = number.isascii() and number.isdecimal() and len(number) <= MAX_DIGITS
    return (stream, int(number)) if stream and counts else None


class EventLog(Protocol):
    """Where events are kept. An implementation may be shared by several processes."""

    async def append(self, session_id: str, stream: str, data: bytes) -> Event:
        """Log a message as the next event of a stream."""

    def tail(self, session_id: str, stream: str, after: int | None) -> AsyncIterator[Event]:
        """Events after a number, or from now on when None; ends with the stream."""

    async def knows(self, session_id: str, stream: str) -> bool:
        """Whether the session has such a stream."""

    async def end(self, session_id: str, stream: str) -> None:
        """No further event will come on this stream."""

    async def forget(self, session_id: str, stream: str | None = None) -> None:
        """Drop a stream of a session, or all of them, and end those being read."""


@dataclass
class _Stream:
    events: deque[Event] = field(default_factory=lambda: deque(maxlen=MAX_EVENTS))
    last: int = 0
    ended_at: float | None = None
    more: asyncio.Event = field(default_factory=asyncio.Event)

    def wake(self) -> None:
        self.more.set()
        self.more = asyncio.Event()


class InProcessEvents:
    """Events of one process. An ended stream can be read for `MCP_EVENT_TTL` seconds more."""

    def __init__(self) -> None:
        self._sessions: dict[str, dict[str, _Stream]] = {}
        self._ended: deque[tuple[float, str, str]] = deque()

    async def append(self, session_id: str, stream: str, data: bytes) -> Event:
        found = self._sessions.setdefault(session_id, {}).setdefault(stream, _Stream())
        found.last += 1
        event = Event(stream, found.last, data)
        found.events.append(event)
        found.wake()
        return event

    async def tail(self, session_id: str, stream: str, after: int | None) -> AsyncIterator[Event]:
        found = self._sessions.setdefault(session_id, {}).setdefault(stream, _Stream())
        position = found.last if after is None else after
        if position > found.last:
            position = 0  # an id of an earlier stream by this name, which was given up: all of this one is news
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

    async def forget(self, session_id: str, stream: str | None = None) -> None:
        streams = self._sessions.get(session_id, {})
        for name in [stream] if stream is not None else list(streams):
            if (found := streams.pop(name, None)) is not None:
                found.ended_at = time.monotonic()
                found.wake()
        if not streams:
            self._sessions.pop(session_id, None)

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
    return InProcessEvents()
