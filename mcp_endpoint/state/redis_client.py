"""The Redis that the processes of one site share: scripts that run there as one step, and what its absence means.

Redis 7 or later. Only where `REDIS_URL` is set; nothing here is reached without it.
"""

import asyncio
import hashlib
import logging
from typing import Any

from mcp_types import INTERNAL_ERROR

from mcp_endpoint.conf import conf
from mcp_endpoint.errors import HttpError
from mcp_endpoint.per_loop import PerLoop

logger = logging.getLogger(__name__)

PATIENCE = 2
"""Seconds for an answer, a free connection and its opening among them."""
CONNECTIONS = 16
"""Of each process, so that a burst of requests waits here instead of opening hundreds."""
PAUSE = 0.5
"""Seconds between two attempts at what must be done in the end."""
RETRY_AFTER = 2
"""Seconds after which a client that was refused may try again."""


class RedisAwayError(HttpError):
    """The shared Redis gave no answer: what needs a session cannot be served now."""

    def __init__(self) -> None:
        again = (b"retry-after", b"%d" % RETRY_AFTER)
        super().__init__(503, INTERNAL_ERROR, "Sessions cannot be served for the moment; try again", (again,))


def key(*parts: str) -> str:
    """A key of this site's own: sites on one Redis do not meet."""
    return ":".join((conf().redis_prefix, *parts))


class Script:
    """A Lua script, which Redis runs as one step."""

    def __init__(self, lua: str) -> None:
        self.lua = lua
        self.digest = hashlib.sha1(lua.encode(), usedforsecurity=False).hexdigest()

    async def __call__(self, keys: tuple[str, ...], *arguments: str | bytes | float) -> Any:
        """What the script returns; texts are bytes. Raises `RedisAwayError`."""
        return await redis().run(self, keys, arguments)


class SharedRedis:
    """One event loop's connections."""

    def __init__(self) -> None:
        from redis.asyncio import BlockingConnectionPool, Redis  # only here: a site without Redis starts faster
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        # Without timeouts of its own, for which it makes a task for each send, and until Python 3.12 may lose the
        # cancellation of whoever waits (gh-86296).
        self._pool = BlockingConnectionPool.from_url(
            conf().redis_url,
            max_connections=CONNECTIONS,
            timeout=None,
            socket_timeout=None,
            socket_connect_timeout=None,
            retry=Retry(NoBackoff(), 0),
        )
        self._client: Any = Redis(connection_pool=self._pool)
        self._is_away = False

    async def run(self, script: Script, keys: tuple[str, ...], arguments: tuple[Any, ...]) -> Any:
        """Run a script. Raises `RedisAwayError`; never tries again by itself, for the first time may have worked."""
        from redis.exceptions import NoScriptError, RedisError, ResponseError

        try:
            async with asyncio.timeout(PATIENCE):
                try:
                    found = await self._client.execute_command("EVALSHA", script.digest, len(keys), *keys, *arguments)
                except NoScriptError:
                    found = await self._client.execute_command("EVAL", script.lua, len(keys), *keys, *arguments)
        except ResponseError as error:
            # Redis answers, and cannot do it: it is loading, read-only or full, or the script is wrong.
            logger.error("Redis refused: %s", error)
            raise RedisAwayError from error
        except (RedisError, OSError, RuntimeError) as error:
            # The last one is uvloop's, of a connection that was lost while it lay unused.
            if not self._is_away:
                self._is_away = True
                reason = f"{error}" or f"no answer within {PATIENCE} seconds"
                logger.error("Redis does not answer, so sessions are refused for now: %s", reason)
            raise RedisAwayError from error
        if self._is_away:
            self._is_away = False
            logger.warning("Redis answers again.")
        return found

    async def close(self) -> None:
        """Close all connections; the next use opens new ones."""
        await self._pool.disconnect()


redis = PerLoop(SharedRedis)
"""The shared Redis, as the running event loop reaches it."""
