"""A sign of life of each process on Redis, by which the others know that what it began will be ended."""

import asyncio
import contextvars
import secrets
from contextlib import suppress

from mcp_endpoint.conf import conf
from mcp_endpoint.per_loop import PerLoop
from mcp_endpoint.redis_client import RedisAwayError, Script, key

SECONDS = 5.0
"""A process without a sign for so long is gone."""
RENEWAL = 1.0

_RENEW = Script("""
redis.call('SET', KEYS[1], '', 'PX', ARGV[1])
for index = 2, #KEYS do redis.call('PEXPIRE', KEYS[index], ARGV[2]) end
""")
_EXISTS = Script("return redis.call('EXISTS', KEYS[1])")


class Lease:
    """One event loop's."""

    def __init__(self) -> None:
        self.name = secrets.token_hex(8)
        self.logs: set[str] = set()
        """Keys of what this process writes to; they expire some time after it is gone."""
        self._first: asyncio.Future[None] | None = None
        self._keeping: asyncio.Task[None] | None = None

    async def hold(self) -> None:
        """See to it that the sign is there, and stays. Raises `RedisAwayError`."""
        if self._keeping is None:
            await self._renew()
            if self._keeping is None:
                # An empty context: it outlives the request that starts it.
                self._keeping = asyncio.get_running_loop().create_task(self._keep(), context=contextvars.Context())

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(RENEWAL)
            with suppress(RedisAwayError):
                await self._renew()

    async def _renew(self) -> None:
        await _RENEW((_key(self.name), *self.logs), int(SECONDS * 1000), lifetime())


lease = PerLoop(Lease)
"""The sign of life of the running event loop."""


async def lives(name: str) -> bool:
    """Whether there is a sign of a process. Raises `RedisAwayError`."""
    return bool(await _EXISTS((_key(name),)))


def lifetime() -> int:
    """Milliseconds for which a log is kept after its end, or after the last sign of whoever writes to it."""
    return int(max(conf().event_ttl, 2 * SECONDS) * 1000)


def _key(name: str) -> str:
    return key("process", name)
