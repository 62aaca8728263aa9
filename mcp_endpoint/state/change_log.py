"""What changed lately, in order and numbered, so that a stream can be a view of it and be taken up anywhere.

In one process the log is a bounded list. Where processes share a Redis it is a Redis Stream: each process reads what
is new as soon as the bus says that there is something, and again after it may have missed a word of it.
"""

import asyncio
import logging
import secrets
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import orjson

from mcp_endpoint.conf import conf
from mcp_endpoint.per_loop import PerLoop
from mcp_endpoint.state.bus import MISSED, Message, announce, bus
from mcp_endpoint.state.redis_client import PAUSE, RedisAwayError, Script, key, redis

logger = logging.getLogger(__name__)

CHANGED = "changed"
MOST = 10_000
"""Changes that are kept; `MCP_EVENT_TTL` seconds old ones go too, where there is a Redis."""
SETTLE_SECONDS = 2.0
"""So long the answer of a call that changed something waits at most until that is logged."""


# Each entry says which one came before it, so that a reader sees where entries were dropped. The second key has how
# many changes of the sender are logged: what is sent again, because its answer was lost, is not logged again.
_APPEND = Script("""
local last = '0-0'
if redis.call('EXISTS', KEYS[1]) == 1 then last = redis.call('XINFO', 'STREAM', KEYS[1])[8] end
local logged, number = tonumber(redis.call('GET', KEYS[2]) or 0), tonumber(ARGV[3])
for index = 4, #ARGV do
  number = number + 1
  if number > logged then
    last = redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[2], '*', 'change', ARGV[index], 'before', last)
  end
end
redis.call('SET', KEYS[2], number, 'PX', ARGV[1])
local time = redis.call('TIME')
redis.call('XTRIM', KEYS[1], 'MINID', '~', string.format('%.0f', time[1] * 1000 - ARGV[1]))
""")
_AFTER = Script("""
if redis.call('EXISTS', KEYS[1]) == 0 then return {{}, '0-0'} end
return {redis.call('XRANGE', KEYS[1], '(' .. ARGV[1], '+', 'COUNT', 1000), redis.call('XINFO', 'STREAM', KEYS[1])[8]}
""")
_NEWEST = Script("""
if redis.call('EXISTS', KEYS[1]) == 0 then return '0-0' end
return redis.call('XINFO', 'STREAM', KEYS[1])[8]
""")


@dataclass(frozen=True, slots=True)
class Change:
    """One notice: what clients are told, and which of them."""

    position: int
    """Its place in the log; positions grow."""
    endpoint: str
    method: str
    params: dict[str, Any]
    user: Any = None
    """Only this user's streams hear of it; None for everybody's."""
    session: str | None = None
    """Only this session's stream hears of it."""

    def concerns(self, endpoint: str, user: Any, session: str | None = None) -> bool:
        """Whether a stream of this user at this Endpoint, and of this session, hears of it."""
        return self.endpoint == endpoint and self.user in (None, user) and self.session in (None, session)


Listener = Callable[[Change | None], None]


class ChangeLog:
    """What one event loop knows of the log, and whom it tells."""

    def __init__(self) -> None:
        self.position = 0
        """Of the newest change that is known here."""
        self._recent: deque[Change] = deque(maxlen=MOST)
        self._complete_after = 0
        """Changes after this position are all among the recent ones."""
        self._listeners: dict[tuple[str, Any], set[Listener]] = {}

    async def ready(self) -> None:
        """Know where the log ends. Raises `RedisAwayError`."""

    def append(self, endpoint: str, method: str, params: dict[str, Any], user: Any, session: str | None) -> None:
        """Log a change and tell those whom it concerns. On the event loop only."""
        self._add([Change(self.position + 1, endpoint, method, params, user, session)])

    async def settle(self) -> None:
        """Wait until all that was appended here is logged; a moment at most, while Redis is away."""

    def subscribe(self, endpoint: str, user: Any, listener: Listener) -> Callable[[], None]:
        """Call back with each change for this user's streams, or None when some were lost; returns what undoes it."""
        listeners = self._listeners.setdefault((endpoint, user), set())
        listeners.add(listener)

        def undo() -> None:
            listeners.discard(listener)
            if not listeners and self._listeners.get((endpoint, user)) is listeners:
                del self._listeners[endpoint, user]

        return undo

    async def after(self, position: int) -> tuple[list[Change], bool]:
        """Changes after a position, and whether they are all there were. Raises `RedisAwayError`."""
        if position < self._complete_after:
            return await self._older(position)
        found: list[Change] = []
        for change in reversed(self._recent):
            if change.position <= position:
                break
            found.append(change)
        return found[::-1], True

    async def _older(self, position: int) -> tuple[list[Change], bool]:
        return list(self._recent), False

    def _add(self, changes: Iterable[Change]) -> None:
        for change in changes:
            if len(self._recent) == MOST:
                self._complete_after = self._recent[0].position
            self._recent.append(change)
            self.position = change.position
            for endpoint, user in list(self._listeners) if change.user is None else [(change.endpoint, change.user)]:
                if endpoint == change.endpoint:
                    self._tell((endpoint, user), change)

    def _begin_at(self, position: int) -> None:
        """Know nothing of what was before a position, and tell everybody."""
        self._recent.clear()
        self.position = self._complete_after = position
        for whom in list(self._listeners):
            self._tell(whom, None)

    def _tell(self, whom: tuple[str, Any], change: Change | None) -> None:
        for listener in list(self._listeners.get(whom, ())):
            try:
                listener(change)
            except Exception:
                logger.exception("A listener to changes raised")


class RedisChangeLog(ChangeLog):
    """The log that several processes share."""

    def __init__(self) -> None:
        super().__init__()
        self._name = secrets.token_hex(8)
        self._sent = 0
        """Changes of this process that are known to be logged."""
        self._unsent: deque[bytes] = deque()
        self._sending: asyncio.Task[None] | None = None
        self._reading: asyncio.Task[None] | None = None
        self._is_behind = False
        self._beginning: asyncio.Lock = asyncio.Lock()
        self._has_begun = False
        bus().subscribe(CHANGED, self._on_news)
        bus().subscribe(MISSED, self._on_news)

    async def ready(self) -> None:
        if self._has_begun:
            return
        async with self._beginning:
            if not self._has_begun:
                self._begin_at(_position(await _NEWEST((key("changes"),))))
                self._has_begun = True

    def append(self, endpoint: str, method: str, params: dict[str, Any], user: Any, session: str | None) -> None:
        # Sent by one task, so that changes of this process keep their order, and kept while Redis is away.
        if len(self._unsent) < MOST:
            self._unsent.append(orjson.dumps([endpoint, method, params, user, session]))
        if self._sending is None or self._sending.done():
            self._sending = asyncio.get_running_loop().create_task(self._send())

    async def settle(self) -> None:
        if self._unsent and self._sending is not None:
            await asyncio.wait({self._sending}, timeout=SETTLE_SECONDS)

    async def _send(self) -> None:
        while self._unsent:
            sent = list(self._unsent)[:100]
            try:
                await _append(self._name, self._sent, sent)
            except RedisAwayError:
                await asyncio.sleep(PAUSE)
                continue
            for _ in sent:
                self._unsent.popleft()
            self._sent += len(sent)
            await bus().publish(CHANGED)

    async def _older(self, position: int) -> tuple[list[Change], bool]:
        found: list[Change] = []
        is_complete = True
        while True:
            start = found[-1].position if found else position
            changes, before = await self._read(start)
            is_complete = is_complete and before <= start
            found += [change for change in changes if change.position <= self.position]
            if not changes or changes[-1].position >= self.position:
                return found, is_complete

    def _on_news(self, message: Message) -> None:
        self._is_behind = True
        if self._reading is None or self._reading.done():
            self._reading = asyncio.get_running_loop().create_task(self._catch_up())

    async def _catch_up(self) -> None:
        while self._is_behind:
            self._is_behind = False
            try:
                await self.ready()
                changes, before = await self._read(self.position)
            except RedisAwayError:
                self._is_behind = True
                await asyncio.sleep(PAUSE)
                continue
            if before > self.position:  # this process was away for longer than changes are kept
                self._begin_at(before)
            self._add(changes)
            self._is_behind = self._is_behind or bool(changes)

    async def _read(self, position: int) -> tuple[list[Change], int]:
        """Changes after a position, a thousand at most, and the position of the one before the first of them."""
        found, newest = await _AFTER((key("changes"),), f"{position >> 20}-{position & 0xFFFFF}")
        changes = [Change(_position(entry), *orjson.loads(fields[1])) for entry, fields in found]
        return changes, _position(found[0][1][3] if found else newest)


def _position(entry: bytes) -> int:
    """A Redis Stream's id, milliseconds and a count, as one number."""
    milliseconds, _, count = entry.decode().partition("-")
    return int(milliseconds) << 20 | int(count)


def _make() -> ChangeLog:
    return RedisChangeLog() if conf().redis_url else ChangeLog()


change_log = PerLoop(_make)
"""The log as the running event loop knows it."""


def announce_change(endpoint: str, method: str, user: Any = None) -> None:
    """Log a change from synchronous Django code, whichever thread or process it runs in."""
    change: tuple[str, str, dict[str, Any], Any, None] = (endpoint, method, {}, user, None)
    if (running := bus.of_a_running_loop()) is not None:
        running.call_soon(lambda: change_log().append(*change))
    elif conf().redis_url:  # nothing is served here yet, as in a management command: the others are told
        from asgiref.sync import async_to_sync

        async_to_sync(_append_alone)(orjson.dumps(change))
        announce(CHANGED)


async def _append_alone(change: bytes) -> None:
    try:
        await _append(secrets.token_hex(8), 0, [change])
    except RedisAwayError as error:
        logger.error("A change reached no other process: %s", error.__cause__)
    finally:
        await redis().close()


async def _append(sender: str, before: int, changes: list[bytes]) -> None:
    """Log changes of a sender, who has had so many logged before. Raises `RedisAwayError`."""
    keys = (key("changes"), key("changes", "of", sender))
    await _APPEND(keys, int(conf().event_ttl * 1000), MOST, before, *changes)
