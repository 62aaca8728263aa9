"""Events that a client may ask for again with Last-Event-ID (MCP 2025-11-25 basic/transports), and their log.

Events belong to a stream of a session: a random name for the response to one POST, `ANSWERS` for all of HTTP+SSE.
An event's id is `<stream>.<number>`; no session can name another's events.
"""

import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Protocol

from mcp_endpoint.wire import RequestId

ANSWERS = "sse"
MAX_EVENTS = 1000
"""Events kept for one stream, `MCP_STREAM_BUFFER` bytes of them; older ones cannot be asked for again."""
MAX_DIGITS = 19
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


@dataclass(slots=True)
class Draft:
    """A message on its way to the log. Who does not know whether it got there sends the same one again."""

    data: bytes
    due: tuple[RequestId, ...] = ()
    """The requests that its stream answers. Should this process die before it ended the stream, whoever reads it gets
    an error for each of them."""
    token: str = field(default_factory=lambda: secrets.token_hex(8))
    tried: bool = False
    """It was sent before."""


def parse_event_id(text: str) -> tuple[str, int] | None:
    """Stream and number of an event id, or None when it is not of this server's making."""
    stream, _, number = text.rpartition(".")
    counts = number.isascii() and number.isdecimal() and len(number) <= MAX_DIGITS
    return (stream, int(number)) if stream and counts else None


class EventLog(Protocol):
    """Where events are kept. What is on another machine may raise `RedisAwayError`, a tail excepted: it waits."""

    async def append(self, session_id: str, stream: str, draft: Draft) -> Event:
        """Log a message as the next event of a stream; a draft that was logged already stays as it is."""

    def tail(self, session_id: str, stream: str, after: int) -> AsyncIterator[Event]:
        """Events after a number, as they come; ends with the stream or the session."""

    async def knows(self, session_id: str, stream: str) -> bool:
        """Whether the session has such a stream."""

    async def end(self, session_id: str, stream: str) -> None:
        """No further event will come on this stream."""
