"""Ids of a session's calls, known to all its processes while the calls run: an id is used once at a time (JSON-RPC 2.0
§4, MCP 2025-11-25 basic). The process that runs a call knows its id at once, the others when it takes a moment.
"""

import asyncio
import hashlib
from collections.abc import Callable
from contextlib import suppress

from mcp_endpoint.conf import conf
from mcp_endpoint.patience import patience
from mcp_endpoint.state.lease import lease, lifetime, process_key
from mcp_endpoint.state.redis_client import RedisAwayError, Script, key
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
    """One call's claim on its id; most calls are over before they make it. Without a Redis there is nobody to tell."""

    def __init__(self, session_id: str, request_id: RequestId, on_taken: Callable[[], object]) -> None:
        self._session_id = session_id
        self._request_id = request_id
        self._on_taken = on_taken
        """Called when another process runs a call of that id."""
        self._claiming: asyncio.Task[None] | None = None
        self._wait = patience().wait(self._begin) if conf().redis_url else None

    def release(self) -> None:
        """The call is over. More than once does no harm."""
        self._on_taken = _nothing  # whoever would be told holds the claim
        if self._wait is not None:
            self._wait.cancel()
        if self._claiming is not None:
            releasing = asyncio.get_running_loop().create_task(self._release(self._claiming))
            _releasing.add(releasing)
            releasing.add_done_callback(_releasing.discard)
            self._claiming = None

    def _begin(self) -> None:
        self._claiming = asyncio.get_running_loop().create_task(self._claim())

    async def _claim(self) -> None:
        with suppress(RedisAwayError):
            await lease().hold()
            if await _CLAIM((self._key,), lease().name, lifetime(), process_key("")):
                lease().keys.add(self._key)
            else:
                self._on_taken()

    async def _release(self, claiming: "asyncio.Task[None]") -> None:
        await claiming
        lease().keys.discard(self._key)
        with suppress(RedisAwayError):
            await _RELEASE((self._key,), lease().name)

    @property
    def _key(self) -> str:
        # Hashed: the client chose it, and its length.
        return key("call", self._session_id, hashlib.sha256(encode(self._request_id)).hexdigest())


def _nothing() -> None:
    """What the end of a call means to another one."""
