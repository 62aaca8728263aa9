"""Lists as they are sent, kept as bytes for each set of entries that callers may see."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from typing import Any
from weakref import WeakKeyDictionary

from mcp_endpoint.exchange import Exchange
from mcp_endpoint.executor import run_sync
from mcp_endpoint.registry import Registry
from mcp_endpoint.wire import encode
from oauth_bridge.principal import Principal

ROOM = 16 * 1024 * 1024
"""Bytes of lists that are kept for one Endpoint; the one that was not asked for the longest time goes first."""


class Listings:
    """The lists of one Registry, as it is now."""

    def __init__(self) -> None:
        self._version = -1
        self._lists: OrderedDict[Hashable, bytes] = OrderedDict()
        self._size = 0

    def get(self, version: int, sight: Hashable) -> bytes | None:
        """The list for those who see just this of that version of the Registry."""
        if version != self._version:
            self._lists.clear()
            self._version, self._size = version, 0
        found = self._lists.get(sight)
        if found is not None:
            self._lists.move_to_end(sight)
        return found

    def keep(self, version: int, sight: Hashable, body: bytes) -> None:
        """Keep a list, unless the Registry has become another one."""
        if version != self._version or sight in self._lists:
            return
        self._lists[sight] = body
        self._size += len(body)
        while self._size > ROOM:
            self._size -= len(self._lists.popitem(last=False)[1])


_listings: WeakKeyDictionary[Registry, Listings] = WeakKeyDictionary()


async def tools(exchange: Exchange, make: Callable[[], Awaitable[dict[str, Any]]]) -> bytes:
    """The response to `tools/list`: its result as `make` gives it, or as it gave it to somebody who sees the same."""
    registry, principal = exchange.endpoint.registry, exchange.principal
    listings = _listings.setdefault(registry, Listings())
    version = registry.version
    sight = (
        exchange.protocol_version,
        principal.scopes & registry.asked_scopes,
        principal.read_only,
        principal.held_tools,
        await _permissions(principal, registry),
    )
    body = listings.get(version, sight)
    if body is None:
        body = encode(await make())
        listings.keep(version, sight, body)
    return b'{"jsonrpc":"2.0","id":%b,"result":%b}' % (encode(exchange.request_id), body)


async def _permissions(principal: Principal, registry: Registry) -> frozenset[str]:
    """Which of the permissions that tools ask for the user has; asks the database only where they ask for any."""
    if not registry.asked_permissions:
        return frozenset()
    return await run_sync(_granted, principal, registry.asked_permissions)


def _granted(principal: Principal, permissions: frozenset[str]) -> frozenset[str]:
    return frozenset(name for name in permissions if principal.user.has_perms((name,)))
