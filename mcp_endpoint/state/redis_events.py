"""Events on Redis: one Redis Stream for each stream of a session, which every process can write to and read.

Readers are woken over the bus, so none of them holds a connection; who writes learns from Redis whether anybody in
another process reads.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from typing import cast

import orjson
from mcp_types import INTERNAL_ERROR

from mcp_endpoint.conf import conf
from mcp_endpoint.per_loop import PerLoop
from mcp_endpoint.state.bus import MISSED, Message, bus
from mcp_endpoint.state.event import ANSWERS, MAX_EVENTS, Draft, Event
from mcp_endpoint.state.lease import RENEWAL, lease, lifetime, lives
from mcp_endpoint.state.redis_client import PAUSE, RedisAwayError, Script, key
from mcp_endpoint.state.redis_sessions import session_key
from mcp_endpoint.state.session_record import SESSION_ENDED
from mcp_endpoint.wire import RequestId, encode, failure

LOGGED = "logged"
ENTRIES = 100
"""Read at a time."""
MISSING_SECONDS = 3.5
"""A process whose sign is missing for so long, while Redis answers, is gone. One that was cut off has given it by then:
its attempt that fails takes two, and a second later comes the next.
"""

Entry = tuple[bytes, list[bytes]]
"""Id, names and values; what XRANGE gives."""

# Keys: the session, its stream's log, the processes that read it. Nothing is written for a session that ended. Each
# entry has how many bytes there were up to it, so that those which are too many can be told. What is sent again is
# looked for first: a Redis that only stood still logged it, though it gave no answer.
_APPEND = Script("""
if redis.call('EXISTS', KEYS[1]) == 0 then return {0, 0} end
local others = redis.call('SCARD', KEYS[3]) - redis.call('SISMEMBER', KEYS[3], ARGV[1])
if ARGV[9] == '1' then
  for _, entry in ipairs(redis.call('XREVRANGE', KEYS[2], '+', '-')) do
    if entry[2][10] == ARGV[8] then return {tonumber(string.sub(entry[1], 3)), others} end
  end
end
local last = redis.call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', 1)[1]
local upto = (last and tonumber(last[2][8]) or 0) + #ARGV[5]
local id = redis.call('XADD', KEYS[2], 'MAXLEN', ARGV[4], '0-*',
  'data', ARGV[5], 'owner', ARGV[2], 'due', ARGV[6], 'upto', upto, 'token', ARGV[8])
while upto > tonumber(ARGV[7]) and redis.call('XLEN', KEYS[2]) > 1 do
  local first = redis.call('XRANGE', KEYS[2], '-', '+', 'COUNT', 1)[1]
  if upto - (first[2][8] or 0) + #first[2][2] <= tonumber(ARGV[7]) then break end
  redis.call('XDEL', KEYS[2], first[1])
end
redis.call('PEXPIRE', KEYS[2], ARGV[3])
return {tonumber(string.sub(id, 3)), others}
""")
# What is left to be told, and that no more will come. Only the first end counts.
_END = Script("""
local last = redis.call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', 1)[1]
if not last or last[2][1] == 'end' then return 0 end
for index = 3, #ARGV do
  redis.call('XADD', KEYS[2], '0-*', 'data', ARGV[index], 'owner', '', 'due', '[]')
end
redis.call('XADD', KEYS[2], '0-*', 'end', '')
redis.call('PEXPIRE', KEYS[2], ARGV[2])
return redis.call('SCARD', KEYS[3]) - redis.call('SISMEMBER', KEYS[3], ARGV[1])
""")
# Be woken from now on. Whether the session is there, entries after a number, and the last entry of all.
_READ = Script("""
if redis.call('EXISTS', KEYS[1]) == 0 then return {0, {}, {}} end
redis.call('SADD', KEYS[3], ARGV[1])
redis.call('PEXPIRE', KEYS[3], ARGV[2])
local found = redis.call('XRANGE', KEYS[2], '(0-' .. ARGV[3], '+', 'COUNT', ARGV[4])
return {1, found, redis.call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', 1)}
""")
_KNOWS = Script("return redis.call('EXISTS', KEYS[1]) * redis.call('EXISTS', KEYS[2])")


class _Readers:
    """Who reads which stream in one event loop."""

    def __init__(self) -> None:
        self._waiting: dict[tuple[str, str], set[asyncio.Event]] = {}
        bus().subscribe(LOGGED, lambda message: self.wake(message["session"], message["stream"]))
        bus().subscribe(SESSION_ENDED, self._on_session_ended)
        bus().subscribe(MISSED, self._on_missed)

    @contextmanager
    def reading(self, session_id: str, stream: str) -> Iterator[asyncio.Event]:
        news = asyncio.Event()
        waiting = self._waiting.setdefault((session_id, stream), set())
        waiting.add(news)
        try:
            yield news
        finally:
            waiting.discard(news)
            if not waiting:
                self._waiting.pop((session_id, stream), None)

    def wake(self, session_id: str, stream: str) -> None:
        for news in self._waiting.get((session_id, stream), ()):
            news.set()

    def _on_session_ended(self, message: Message) -> None:
        for session_id, stream in list(self._waiting):
            if session_id == message["session"]:
                self.wake(session_id, stream)

    def _on_missed(self, message: Message) -> None:
        for session_id, stream in list(self._waiting):
            self.wake(session_id, stream)


_readers = PerLoop(_Readers)


class RedisEvents:
    """Events of all processes. An ended stream can be read for `MCP_EVENT_TTL` seconds more."""

    async def append(self, session_id: str, stream: str, draft: Draft) -> Event:
        keys, owner, kept = _keys(session_id, stream), "", _idle()
        if draft.due:
            await lease().hold()
            lease().keys.add(keys[1])
            owner, kept = lease().name, lifetime()
        most, due, again = conf().limits.stream_buffer, orjson.dumps(draft.due), int(draft.tried)
        draft.tried = True
        number, others = await _APPEND(
            keys, lease().name, owner, kept, MAX_EVENTS, draft.data, due, most, draft.token, again
        )
        await self._tell(session_id, stream, others)
        return Event(stream, number, draft.data)

    async def tail(self, session_id: str, stream: str, after: int) -> AsyncIterator[Event]:
        keys, position, watch = _keys(session_id, stream), after, _Watch()
        with _readers().reading(session_id, stream) as news:
            while True:
                news.clear()
                try:
                    is_there, entries, last = await _READ(keys, lease().name, 2 * _idle(), position, ENTRIES)
                    if not entries and last and _answers(last[0]) and await watch.finds_gone(last[0]):
                        await self._end(session_id, stream, *map(_broken_off, _answers(last[0])))
                        continue
                except RedisAwayError:
                    watch.begin_anew()
                    await asyncio.sleep(PAUSE)
                    continue
                if not is_there or (last and not entries and _is_end(last[0])):
                    return
                if position > (_number(last[0]) if last else 0):
                    if stream != ANSWERS:
                        return
                    position = 0  # nothing was said for so long that its log was forgotten; a new one begins
                for entry in entries:
                    if _is_end(entry):
                        return
                    position = _number(entry)
                    yield Event(stream, position, entry[1][1])
                if not entries:
                    await watch.rest(news, last)

    async def knows(self, session_id: str, stream: str) -> bool:
        return bool(await _KNOWS(_keys(session_id, stream)[:2]))

    async def end(self, session_id: str, stream: str) -> None:
        await self._end(session_id, stream)
        lease().keys.discard(_keys(session_id, stream)[1])

    async def _end(self, session_id: str, stream: str, *answers: bytes) -> None:
        others = await _END(_keys(session_id, stream), lease().name, lifetime(), *answers)
        await self._tell(session_id, stream, others)

    async def _tell(self, session_id: str, stream: str, others: int) -> None:
        _readers().wake(session_id, stream)
        if others > 0:
            await bus().publish(LOGGED, session=session_id, stream=stream)


class _Watch:
    """Whether the process that a reader waits for is still there."""

    def __init__(self) -> None:
        self._missing_since: float | None = None

    def begin_anew(self) -> None:
        """What was missing may have been so for Redis' own sake."""
        self._missing_since = None

    async def rest(self, news: asyncio.Event, last: list[Entry]) -> None:
        """Wait for news, or until it is time to look again."""
        seconds = RENEWAL if last and _answers(last[0]) else conf().session_idle / 2
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await news.wait()

    async def finds_gone(self, last: Entry) -> bool:
        """Look for the owner of a stream's last entry. One that was cut off from Redis has time to come back."""
        owner = last[1][3].decode()
        if owner == lease().name or await lives(owner):
            self.begin_anew()
            return False
        now = asyncio.get_running_loop().time()
        if self._missing_since is None:
            self._missing_since = now
        return now - self._missing_since >= MISSING_SECONDS


def _is_end(entry: Entry) -> bool:
    return entry[1][0] == b"end"


def _number(entry: Entry) -> int:
    return int(entry[0].partition(b"-")[2])


def _answers(last: Entry) -> list[RequestId]:
    """The requests that a stream still has to answer."""
    return [] if _is_end(last) else cast(list[RequestId], orjson.loads(last[1][5]))


def _broken_off(request_id: RequestId) -> bytes:
    message = "The process that ran this call ended before the call did; call again"
    return encode(failure(request_id, INTERNAL_ERROR, message))


def _idle() -> int:
    """Milliseconds for which something is kept that lasts as long as its session."""
    return int(conf().session_idle * 1000)


def _keys(session_id: str, stream: str) -> tuple[str, str, str]:
    return session_key(session_id), key("log", session_id, stream), key("readers", session_id, stream)
