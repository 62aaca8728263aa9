"""Sessions of the 2025 era and of HTTP+SSE: small records that any process could load."""

import secrets
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Protocol

from mcp_endpoint.conf import conf


@dataclass
class SessionRecord:
    """What later requests of a session need to know of its first."""

    owner: str
    """`Principal.owner` of whoever initialized it; no other caller may use it."""
    endpoint: str
    protocol_version: str
    client_info: dict[str, Any]
    capabilities: dict[str, Any]
    id: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    log_level: str = "debug"
    subscriptions: set[str] = field(default_factory=set)


class SessionLimitError(Exception):
    """The store is full."""


class SessionStore(Protocol):
    """Where sessions live. An implementation may be shared by several processes."""

    async def create(self, record: SessionRecord) -> None:
        """Keep a new session; raises `SessionLimitError`."""

    async def load(self, session_id: str) -> SessionRecord | None:
        """The session, its idle time beginning anew, or None when there is none."""

    async def save(self, record: SessionRecord) -> None:
        """Keep a changed session."""

    async def delete(self, session_id: str) -> bool:
        """Forget a session; False when there was none."""


class InProcessSessions:
    """Sessions of one process, the longest idle first. Idle ones are forgotten after `MCP_SESSION_IDLE` seconds."""

    def __init__(self) -> None:
        self._records: OrderedDict[str, tuple[float, SessionRecord]] = OrderedDict()

    async def create(self, record: SessionRecord) -> None:
        self._forget_idle()
        if len(self._records) >= conf().max_sessions:
            raise SessionLimitError
        self._records[record.id] = (time.monotonic(), record)

    async def load(self, session_id: str) -> SessionRecord | None:
        self._forget_idle()
        found = self._records.get(session_id)
        if found is None:
            return None
        self._records[session_id] = (time.monotonic(), found[1])
        self._records.move_to_end(session_id)
        return found[1]

    async def save(self, record: SessionRecord) -> None:
        if record.id in self._records:
            self._records[record.id] = (time.monotonic(), record)
            self._records.move_to_end(record.id)

    async def delete(self, session_id: str) -> bool:
        return self._records.pop(session_id, None) is not None

    def __len__(self) -> int:
        """Sessions that are kept, a few that were idle for too long among them."""
        return len(self._records)

    def _forget_idle(self) -> None:
        horizon = time.monotonic() - conf().session_idle
        while self._records:
            session_id, (used, _) = next(iter(self._records.items()))
            if used > horizon:
                return
            del self._records[session_id]


@cache
def sessions() -> SessionStore:
    """The store in force."""
    return InProcessSessions()
