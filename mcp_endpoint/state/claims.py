"""Ids of a session's calls, known to all its processes while the calls run: an id is used once at a time (JSON-RPC 2.0
§4, MCP 2025-11-25 basic). The process that runs a call knows its id at once, the others when it takes a moment.
"""

import asyncio
import hashlib
from collections.abc import Callable
from contextlib import suppress

from mcp_endpoint.state.lease import lease, lifetime, process_key
from mcp_endpoint.state.redis_client import PAUSE, RedisAwayError, Script, key
from mcp_endpoint.wire import RequestId, encode

# A claim of a process that gives no sign of life is none.
_CLAIM = Script("""
local owner = redis.call('GET', KEYS[1])
if owner and owner ~= ARGV[1] and redis.call('EXISTS', ARGV[3] .. owner) == 1 then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
""")
_RELEASE = Script("if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end")

_releasing: set[asyncio.Task[None]] = set()
"""Kept, or the loop might forget them."""


class Claim:
    """One call's claim on its id, for calls that take a moment: a trip to Redis for each would cost more than most."""

    def __init__(self, session_id: str, request_id: RequestId, on_taken: Callable[[], object]) -> None:
        """`on_taken` is called when another process runs a call of that id."""
        # Hashed: the client chose it, and its length.
        self._key = key("call", session_id, hashlib.sha256(encode(request_id)).hexdigest())
        self._on_taken = on_taken
        self._claiming = asyncio.get_running_loop().create_task(self._claim())

    def release(self) -> None:
        """The call is over."""
        releasing = asyncio.get_running_loop().create_task(self._release())
        _releasing.add(releasing)
        releasing.add_done_callback(_releasing.discard)

    async def _claim(self) -> None:
        with suppress(RedisAwayError):
            await lease().hold()
            if await _CLAIM((self._key,), lease().name, lifetime(), process_key("")):
                lease().keys.add(self._key)
            else:
                self._on_taken()

    async def _release(self) -> None:
        """Give the id back in the end: a Redis that gave no answer may have taken the claim."""
        await self._claiming
        lease().keys.discard(self._key)
        while True:
            with suppress(RedisAwayError):
                await _RELEASE((self._key,), lease().name)
                return
            await asyncio.sleep(PAUSE)
