"""Word of a change that every process has heard before whoever made it is told that it is made: what was revoked is
refused by all of them from then on.

Only where processes share a Redis.
"""

import asyncio
import secrets
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from mcp_endpoint.conf import conf
from mcp_endpoint.per_loop import PerLoop
from mcp_endpoint.state.bus import SEND_SECONDS, Message, announce, bus
from mcp_endpoint.state.lease import lease, process_key, processes_key
from mcp_endpoint.state.redis_client import RedisAwayError, Script, key

CONFIRM = "confirm"
"""Kind of the message that asks each process to write its name under `key`: it has heard all that was sent before."""
HEARD_SECONDS = 2.0
"""So long the others are waited for. One that was killed counts for some seconds as one that lives."""
LOOK_SECONDS = 0.002
"""Between two looks at who has heard."""
KEPT = 10_000
"""Milliseconds for which their names are kept."""

_LIVING = Script("""
local living = {}
for _, name in ipairs(redis.call('SMEMBERS', KEYS[1])) do
  if redis.call('EXISTS', ARGV[1] .. name) == 1 then living[#living + 1] = name end
end
return living
""")
_HAS_HEARD = Script("""
redis.call('SADD', KEYS[1], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
""")
_WHO_HEARD = Script("return redis.call('SMEMBERS', KEYS[1])")


class Hearing:
    """One event loop's part: it confirms what others ask, and waits for what they confirm."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._bus = bus()
        self._confirming: set[asyncio.Task[None]] = set()
        self._bus.subscribe(CONFIRM, self._on_confirm)

    def join(self) -> None:
        """Be one of those that others wait for."""
        lease().begin()

    def tell(self, kind: str, **message: Any) -> None:
        """Publish from plain code, to this process now; on a thread of its own, wait until the others have heard."""
        self._bus.deliver_soon(kind, **message)
        told = asyncio.run_coroutine_threadsafe(self._tell(kind, **message), self._loop)
        if not _is_on_a_loop():
            with suppress(TimeoutError):
                told.result(SEND_SECONDS + HEARD_SECONDS)

    async def _tell(self, kind: str, **message: Any) -> None:
        if await self._bus.publish(kind, **message):
            with suppress(TimeoutError, RedisAwayError):
                async with asyncio.timeout(HEARD_SECONDS):
                    await self._all_have_heard()

    async def _all_have_heard(self) -> None:
        waited_for = set(await _LIVING((processes_key(),), process_key(""))) - {lease().name.encode()}
        if not waited_for:
            return
        names = key("heard", secrets.token_hex(8))
        await self._bus.publish(CONFIRM, key=names)
        while waited_for - set(await _WHO_HEARD((names,))):
            await asyncio.sleep(LOOK_SECONDS)

    def _on_confirm(self, message: Message) -> None:
        confirming = self._loop.create_task(self._confirm(message["key"]))
        self._confirming.add(confirming)
        confirming.add_done_callback(self._confirming.discard)

    async def _confirm(self, names: str) -> None:
        with suppress(RedisAwayError):
            await _HAS_HEARD((names,), lease().name, KEPT)


hearing = PerLoop(Hearing)
"""The part of the running event loop."""


def announce_change(kind: str, about: Iterable[str]) -> None:
    """End what every process keeps of this in its near caches of that kind, before this returns.

    From any thread, once it is committed: what is looked up from then on is new. A process that serves nobody, as a
    management command, does not wait. Never raises for a Redis that is away.
    """
    if not conf().redis_url or not (names := sorted(set(about))):
        return
    if (running := hearing.of_a_running_loop()) is not None:
        running.tell(kind, about=names)
    else:
        announce(kind, about=names)


def _is_on_a_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
