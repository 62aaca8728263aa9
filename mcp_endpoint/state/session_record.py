"""Sessions of the 2025 era and of HTTP+SSE: small records that any process can load."""

import secrets
from dataclasses import dataclass, field
from typing import Any, Protocol

SESSION_CHANGED = "session_changed"
"""Kind of the bus message that names sessions, in `about`, whose records changed."""
SESSION_ENDED = "session_ended"
"""Kind of the bus message that names the `session` that ended."""


@dataclass(frozen=True)
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
    subscriptions: frozenset[str] = frozenset()
    """URIs of resources."""
    reader: int = 0
    """Number of the newest standing stream, which ends those before it."""

    @property
    def has_begun(self) -> bool:
        """Whether its client said who it is; on HTTP+SSE a session is there before that (`initialize` comes later)."""
        return bool(self.client_info)

    @property
    def user(self) -> str:
        """The owner without the client: whose sessions are counted together."""
        return self.owner.partition(":")[0]


STALE_SECONDS = 600.0
"""A session that was idle for so long makes room for another one of its user."""


class SessionLimitError(Exception):
    """There is no room for another session: for nobody's, or only for none of this user's."""

    def __init__(self, *, per_user: bool = False) -> None:
        super().__init__("no room for another session")
        self.per_user = per_user


class SessionStore(Protocol):
    """Where sessions live. Each change is one step, so that none is lost when two are made at once.

    Any method of a store on another machine may raise `RedisAwayError`.
    """

    async def create(self, record: SessionRecord) -> None:
        """Keep a new session; raises `SessionLimitError`.

        Where its user has as many as one may have, it takes the place of the one that was idle longest, if that was
        for `STALE_SECONDS`: clients often leave sessions behind.
        """

    async def load(self, session_id: str) -> SessionRecord | None:
        """The session, its idle time beginning anew, or None when there is none."""

    async def agree(self, record: SessionRecord) -> None:
        """Keep what a session agreed on with its client after it began: version, client and capabilities."""

    async def set_log_level(self, session_id: str, level: str) -> None:
        """Keep the least level of log messages that the client wants."""

    async def subscribe(self, session_id: str, uri: str, limit: int) -> bool:
        """Keep a resource subscription; False when there are `limit` others."""

    async def unsubscribe(self, session_id: str, uri: str) -> None:
        """Drop a resource subscription."""

    async def next_reader(self, session_id: str) -> int:
        """Number a new standing stream: one more than the last. 0 when there is no such session."""

    async def delete(self, session_id: str) -> bool:
        """Forget a session; False when there was none."""
