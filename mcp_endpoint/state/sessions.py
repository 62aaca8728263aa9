"""The store of sessions: in this process, or on the Redis that several processes share."""

import time
from collections import OrderedDict
from dataclasses import replace
from functools import cache
from typing import Any

from mcp_endpoint.conf import conf
from mcp_endpoint.state.bus import bus
from mcp_endpoint.state.redis_sessions import RedisSessions
from mcp_endpoint.state.session_record import (
    SESSION_CHANGED,
    SESSION_ENDED,
    STALE_SECONDS,
    SessionLimitError,
    SessionRecord,
    SessionStore,
)

__all__ = [
    "SESSION_CHANGED",
    "SESSION_ENDED",
    "InProcessSessions",
    "SessionLimitError",
    "SessionRecord",
    "SessionStore",
    "sessions",
    "tell_changed",
]


class InProcessSessions:
    """Sessions of one process, the longest idle first. Idle ones are forgotten after `MCP_SESSION_IDLE` seconds."""

    def __init__(self) -> None:
        self._records: OrderedDict[str, tuple[float, SessionRecord]] = OrderedDict()
        self._by_user: dict[str, OrderedDict[str, None]] = {}

    async def create(self, record: SessionRecord) -> None:
        self._forget_idle()
        limits, own = conf().limits, self._by_user.get(record.user, ())
        if len(own) >= limits.sessions_per_user:
            longest_idle = next(iter(own), None)
            if longest_idle is None or self._records[longest_idle][0] > time.monotonic() - STALE_SECONDS:
                raise SessionLimitError(per_user=True)
            self._forget(longest_idle)
        if len(self._records) >= limits.sessions:
            raise SessionLimitError
        self._keep(record)

    async def load(self, session_id: str) -> SessionRecord | None:
        self._forget_idle()
        found = self._records.get(session_id)
        return None if found is None else self._keep(found[1])

    async def agree(self, record: SessionRecord) -> None:
        self._change(
            record.id,
            protocol_version=record.protocol_version,
            client_info=record.client_info,
            capabilities=record.capabilities,
        )

    async def set_log_level(self, session_id: str, level: str) -> None:
        self._change(session_id, log_level=level)

    async def subscribe(self, session_id: str, uri: str, limit: int) -> bool:
        found = self._subscriptions(session_id) | {uri}
        if len(found) > limit:
            return False
        self._change(session_id, subscriptions=found)
        return True

    async def unsubscribe(self, session_id: str, uri: str) -> None:
        self._change(session_id, subscriptions=self._subscriptions(session_id) - {uri})

    async def next_reader(self, session_id: str) -> int:
        found = self._records.get(session_id)
        return 0 if found is None else self._keep(replace(found[1], reader=found[1].reader + 1)).reader

    async def delete(self, session_id: str) -> bool:
        return self._forget(session_id)

    def __len__(self) -> int:
        """Sessions that are kept, a few that were idle for too long among them."""
        return len(self._records)

    def _subscriptions(self, session_id: str) -> frozenset[str]:
        found = self._records.get(session_id)
        return frozenset() if found is None else found[1].subscriptions

    def _change(self, session_id: str, **fields: Any) -> None:
        if (found := self._records.get(session_id)) is not None:
            self._keep(replace(found[1], **fields))

    def _keep(self, record: SessionRecord) -> SessionRecord:
        self._records[record.id] = (time.monotonic(), record)
        self._records.move_to_end(record.id)
        own = self._by_user.setdefault(record.user, OrderedDict())
        own[record.id] = None
        own.move_to_end(record.id)
        return record

    def _forget(self, session_id: str) -> bool:
        if (found := self._records.pop(session_id, None)) is None:
            return False
        own = self._by_user[found[1].user]
        del own[session_id]
        if not own:
            del self._by_user[found[1].user]
        return True

    def _forget_idle(self) -> None:
        horizon = time.monotonic() - conf().session_idle
        while self._records:
            session_id, (used, _) = next(iter(self._records.items()))
            if used > horizon:
                return
            self._forget(session_id)


@cache
def sessions() -> SessionStore:
    """The store in force."""
    return RedisSessions() if conf().redis_url else InProcessSessions()


async def tell_changed(session_id: str) -> None:
    """Have every process look a session up again, before its client hears that it changed."""
    await bus().publish(SESSION_CHANGED, about=[session_id])
