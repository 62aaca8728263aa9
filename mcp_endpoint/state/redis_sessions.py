"""Sessions on Redis: one hash each, whose fields change one by one, and an index of them by their last use."""

from typing import Any

import orjson

from mcp_endpoint.conf import conf
from mcp_endpoint.per_loop import PerLoop
from mcp_endpoint.state.bus import bus
from mcp_endpoint.state.near_cache import NearCache
from mcp_endpoint.state.redis_client import Script, key
from mcp_endpoint.state.session_record import (
    SESSION_CHANGED,
    SESSION_ENDED,
    STALE_SECONDS,
    SessionLimitError,
    SessionRecord,
)

TOUCH_SECONDS = 60.0
"""At most so often is the use of a session written down."""
SUBSCRIPTION = b"uri:"
"""Begins the name of a field that stands for a resource subscription."""
FIELDS = 8
"""Fields of a session without subscriptions."""

_NOW = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
"""
# Index and session, and what the keys of a user's index and of a session begin with; times in milliseconds: for how
# long a session may be idle, how old a use may grow unwritten.
_CREATE = Script(f"""{_NOW}
local own = ARGV[4] .. ARGV[5]
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[2])
redis.call('ZREMRANGEBYSCORE', own, '-inf', now - ARGV[2])
if redis.call('ZCARD', own) >= tonumber(ARGV[6]) then
  local stale = redis.call('ZRANGEBYSCORE', own, '-inf', now - ARGV[7], 'LIMIT', 0, 1)[1]
  if not stale then return -1 end
  redis.call('ZREM', own, stale)
  redis.call('ZREM', KEYS[1], stale)
  redis.call('DEL', ARGV[8] .. stale)
end
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[3]) then return 0 end
redis.call('HSET', KEYS[2], 'used', now, unpack(ARGV, 9))
redis.call('PEXPIRE', KEYS[2], ARGV[2])
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('ZADD', own, now, ARGV[1])
redis.call('PEXPIRE', own, ARGV[2])
return 1
""")
_LOAD = Script(f"""
local found = redis.call('HGETALL', KEYS[2])
if #found == 0 then return found end
{_NOW}
if now - redis.call('HGET', KEYS[2], 'used') >= tonumber(ARGV[3]) then
  local own = ARGV[4] .. string.match(redis.call('HGET', KEYS[2], 'owner'), '^[^:]*')
  redis.call('HSET', KEYS[2], 'used', now)
  redis.call('PEXPIRE', KEYS[2], ARGV[2])
  redis.call('ZADD', KEYS[1], now, ARGV[1])
  redis.call('ZADD', own, now, ARGV[1])
  redis.call('PEXPIRE', own, ARGV[2])
end
return found
""")
_SET = Script("""
if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('HSET', KEYS[1], unpack(ARGV)) end
""")
_SUBSCRIBE = Script("""
if redis.call('EXISTS', KEYS[1]) == 0 then return 1 end
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 1 then return 1 end
if redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[2]) then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], '')
return 1
""")
_UNSUBSCRIBE = Script("redis.call('HDEL', KEYS[1], ARGV[1])")
_NEXT_READER = Script("""
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
return redis.call('HINCRBY', KEYS[1], 'reader', 1)
""")
_DELETE = Script("""
local owner = redis.call('HGET', KEYS[2], 'owner')
if owner then redis.call('ZREM', ARGV[2] .. string.match(owner, '^[^:]*'), ARGV[1]) end
redis.call('ZREM', KEYS[1], ARGV[1])
return redis.call('DEL', KEYS[2])
""")


def session_key(session_id: str) -> str:
    """Where a session is kept. It exists exactly as long as the session does."""
    return key("session", session_id)


class RedisSessions:
    """Sessions of all processes. Redis forgets those that are idle for `MCP_SESSION_IDLE` seconds by itself."""

    async def create(self, record: SessionRecord) -> None:
        fields = {"owner": record.owner, "endpoint": record.endpoint, "level": record.log_level, "reader": "0"}
        flat = [item for field in {**fields, **_agreed(record)}.items() for item in field]
        limits, stale = conf().limits, int(STALE_SECONDS * 1000)
        whose = (_own(), record.user, limits.sessions_per_user, stale, session_key(""))
        made = await _CREATE(_keys(record.id), record.id, _lifetime(), limits.sessions, *whose, *flat)
        if made != 1:
            raise SessionLimitError(per_user=made == -1)

    async def load(self, session_id: str) -> SessionRecord | None:
        known = known_sessions()
        if (near := known.get(session_id)) is not None:
            return near
        since = known.begin()
        flat = await _LOAD(_keys(session_id), session_id, _lifetime(), _touch(), _own())
        if not flat:
            return None
        found = _record(session_id, dict(zip(flat[::2], flat[1::2], strict=True)))
        # One that has not begun is not kept: its client may come here again before word comes that it has.
        if found.has_begun:
            known.keep(session_id, found, [session_id], since)
        return found

    async def agree(self, record: SessionRecord) -> None:
        await _SET((session_key(record.id),), *(item for field in _agreed(record).items() for item in field))
        known_sessions().forget([record.id])

    async def set_log_level(self, session_id: str, level: str) -> None:
        await _SET((session_key(session_id),), "level", level)
        known_sessions().forget([session_id])

    async def subscribe(self, session_id: str, uri: str, limit: int) -> bool:
        kept = await _SUBSCRIBE((session_key(session_id),), SUBSCRIPTION + uri.encode(), FIELDS + limit)
        known_sessions().forget([session_id])
        return bool(kept)

    async def unsubscribe(self, session_id: str, uri: str) -> None:
        await _UNSUBSCRIBE((session_key(session_id),), SUBSCRIPTION + uri.encode())
        known_sessions().forget([session_id])

    async def next_reader(self, session_id: str) -> int:
        number = int(await _NEXT_READER((session_key(session_id),)))
        known_sessions().forget([session_id])
        return number

    async def delete(self, session_id: str) -> bool:
        existed = bool(await _DELETE(_keys(session_id), session_id, _own()))
        known_sessions().forget([session_id])
        return existed


def _known_sessions() -> NearCache[SessionRecord]:
    known: NearCache[SessionRecord] = NearCache(SESSION_CHANGED)
    bus().subscribe(SESSION_ENDED, lambda message: known.forget([message["session"]]))
    return known


known_sessions = PerLoop(_known_sessions)
"""Sessions that the running event loop looked up a moment ago. What it changes itself it forgets at once; what others
change, as soon as it hears of it."""


def _keys(session_id: str) -> tuple[str, str]:
    return key("sessions"), session_key(session_id)


def _own() -> str:
    """What the key of the index of a user's own sessions begins with."""
    return key("sessions", "of", "")


def _lifetime() -> int:
    """Milliseconds for which a session is kept after a use that was written down."""
    return int(conf().session_idle * 1000) + _touch()


def _touch() -> int:
    """Milliseconds after which the use of a session is written down again."""
    return int(min(TOUCH_SECONDS, conf().session_idle / 10) * 1000)


def _agreed(record: SessionRecord) -> dict[str, str | bytes]:
    return {
        "version": record.protocol_version,
        "client": orjson.dumps(record.client_info),
        "capabilities": orjson.dumps(record.capabilities),
    }


def _record(session_id: str, fields: dict[bytes, Any]) -> SessionRecord:
    return SessionRecord(
        owner=fields[b"owner"].decode(),
        endpoint=fields[b"endpoint"].decode(),
        protocol_version=fields[b"version"].decode(),
        client_info=orjson.loads(fields[b"client"]),
        capabilities=orjson.loads(fields[b"capabilities"]),
        id=session_id,
        log_level=fields[b"level"].decode(),
        subscriptions=frozenset(name[len(SUBSCRIPTION) :].decode() for name in fields if name.startswith(SUBSCRIPTION)),
        reader=int(fields[b"reader"]),
    )
