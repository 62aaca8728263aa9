"""Tokens of linked accounts for code on the event loop: at once when there is one, else after a refresh in a thread.

Callers of one process that need the same refresh wait for one thread's; between processes the account's lease decides.
"""

import asyncio
import contextvars
from typing import Any

from mcp_endpoint import executor
from mcp_endpoint.per_loop import PerLoop

Key = tuple[Any, str]


async def token(user_id: Any, provider: str, refused: str = "") -> str:
    """The access token; another one than `refused`.

    Raises `accounts.upstream.tokens.LinkNeededError` and `ProviderUnavailableError`.
    """
    from accounts.upstream.tokens import current_token  # needs models; this room is imported before they are

    found = await executor.run_at_gate(current_token, user_id, provider, refused)
    return found if found is not None else await refreshes().token(user_id, provider, refused)


class Refreshes:
    """Refreshes that run for one event loop."""

    def __init__(self) -> None:
        self._running: dict[Key, asyncio.Task[str]] = {}

    async def token(self, user_id: Any, provider: str, refused: str) -> str:
        """The token that a running refresh, or one begun now, brings."""
        key = (user_id, provider)
        while (begun := self._running.get(key)) is not None:
            found = await asyncio.shield(begun)
            if found != refused:
                return found
            # That refresh was for an earlier token. Waiting for what is done does not let the loop go on, so its own
            # callback might never come.
            self._forget(key, begun)
        # An empty context: others may wait for it when the request that begins it is over.
        work = self._refresh(user_id, provider, refused)
        task = asyncio.get_running_loop().create_task(work, context=contextvars.Context())
        self._running[key] = task
        task.add_done_callback(lambda done: self._over(key, done))
        return await asyncio.shield(task)

    def _over(self, key: Key, task: "asyncio.Task[str]") -> None:
        self._forget(key, task)
        if not task.cancelled():
            task.exception()  # those who waited were told; when all have left, nobody has to be

    def _forget(self, key: Key, task: "asyncio.Task[str]") -> None:
        if self._running.get(key) is task:
            del self._running[key]

    async def _refresh(self, user_id: Any, provider: str, refused: str) -> str:
        from accounts.upstream.tokens import fresh_token

        return await executor.run_outbound(fresh_token, user_id, provider, refused)


refreshes = PerLoop(Refreshes)
"""The refreshes of the running event loop."""
