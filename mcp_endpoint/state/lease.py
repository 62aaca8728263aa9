"""A sign of life of each process on Redis: others learn from it what is open there, and that it will be ended."""

import asyncio
import contextvars
import secrets
from contextlib import suppress

from mcp_endpoint.conf import conf
from mcp_endpoint.per_loop import PerLoop
from mcp_endpoint.state.in_flight import in_flight
from mcp_endpoint.state.redis_client import RedisAwayError, Script, key

SECONDS = 4.0
"""A process without a sign for so long is gone."""
RENEWAL = 1.0

_RENEW = Script("""
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
redis.call('SADD', KEYS[2], ARGV[3])
for index = 3, #KEYS do redis.call('PEXPIRE', KEYS[index], ARGV[4]) end
""")
_END = Script("""
redis.call('DEL', KEYS[1])
redis.call('SREM', KEYS[2], ARGV[1])
""")
_EXISTS = Script("return redis.call('EXISTS', KEYS[1])")


class Lease:
    """One event loop's."""

    def __init__(self) -> None:
        self.name = secrets.token_hex(8)
        self.keys: set[str] = set()
        """Those of what this process has in hand, which expire some time after it is gone."""
        self._is_there = False
        self._keeping: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Give a sign from now on, whenever Redis answers."""
        if self._keeping is None:
            # An empty context: it outlives the request that starts it.
            self._keeping = asyncio.get_running_loop().create_task(self._keep(), context=contextvars.Context())

    async def hold(self) -> None:
        """See to it that the sign is there, and stays. Raises `RedisAwayError`."""
        if not self._is_there:
            await self._renew()
        self.begin()

    async def end(self) -> None:
        """Give no sign any more, so that nobody waits for this process. It has nothing in hand by now."""
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.wait({self._keeping})
        with suppress(RedisAwayError):
            await _END((process_key(self.name), processes_key()), self.name)

    async def _keep(self) -> None:
        while True:
            with suppress(RedisAwayError):
                await self._renew()
            await asyncio.sleep(RENEWAL)

    async def _renew(self) -> None:
        keys = (process_key(self.name), processes_key(), *self.keys)
        await _RENEW(keys, len(in_flight()), int(SECONDS * 1000), self.name, lifetime())
        self._is_there = True


lease = PerLoop(Lease)
"""The sign of life of the running event loop."""


async def lives(name: str) -> bool:
    """Whether there is a sign of a process. Raises `RedisAwayError`."""
    return bool(await _EXISTS((process_key(name),)))


def lifetime() -> int:
    """Milliseconds for which a log is kept after its end, or after the last sign of whoever writes to it."""
    return int(max(conf().event_ttl, 2 * SECONDS) * 1000)


def process_key(name: str) -> str:
    """Where the sign of a process is; its value is how many streams and calls are open there."""
    return key("process", name)


def processes_key() -> str:
    """Where the names of processes are, some that are gone among them."""
    return key("processes")
