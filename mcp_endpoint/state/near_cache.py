"""What a process keeps of the shared state for a few seconds, as long as it hears of every change to it.

Only where a change reaches every process: with a shared Redis, while this process is heard and hears (see `bus`).
Elsewhere nothing is kept, and everything is looked up each time.
"""

import time
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from mcp_endpoint.conf import conf
from mcp_endpoint.state.bus import MISSED, Message, bus

V = TypeVar("V")

ROOM = 10_000
"""Most values of one cache; the oldest goes first."""


@dataclass(frozen=True, slots=True)
class _Kept(Generic[V]):
    value: V
    until: float
    """By the monotonic clock, in seconds."""
    about: tuple[str, ...]


class NearCache(Generic[V]):
    """Values by key, each with the names of what it was made from: a message of `kind` that names one ends it.

    One event loop's; use it there alone. Around a lookup:

        if (found := cache.get(key)) is None:
            since = cache.begin()
            found = await look_up(key)
            cache.keep(key, found, [f"connection:{found.connection_id}"], since)
    """

    def __init__(self, kind: str, room: int = ROOM) -> None:
        self._kept: dict[Hashable, _Kept[V]] = {}
        self._keys: dict[str, set[Hashable]] = {}
        self._room = room
        self._changes = 0
        self._bus = bus()
        self._bus.subscribe(kind, self._on_changed)
        self._bus.subscribe(MISSED, self._on_missed)

    def get(self, key: Hashable) -> V | None:
        """The value, if it is known to be what a lookup would find."""
        kept = self._kept.get(key)
        if kept is None or not self._bus.hears_all:
            return None
        if time.monotonic() < kept.until:
            return kept.value
        self._drop(key)
        return None

    def begin(self) -> int | None:
        """To be asked before a lookup and given to `keep` after it."""
        return self._changes if self._bus.hears_all else None

    def keep(self, key: Hashable, value: V, about: Iterable[str], since: int | None) -> None:
        """Keep what was looked up, unless a change was heard of meanwhile: the lookup may not have seen it."""
        if since is None or since != self._changes or not self._bus.hears_all or conf().near_seconds <= 0:
            return
        self._drop(key)
        if len(self._kept) >= self._room:
            self._drop(next(iter(self._kept)))
        self._kept[key] = kept = _Kept(value, time.monotonic() + conf().near_seconds, tuple(about))
        for name in kept.about:
            self._keys.setdefault(name, set()).add(key)

    def forget(self, names: Iterable[str]) -> None:
        """End what was made from one of these."""
        self._changes += 1
        for name in names:
            for key in list(self._keys.get(name, ())):
                self._drop(key)

    def clear(self) -> None:
        """End everything."""
        self._changes += 1
        self._kept.clear()
        self._keys.clear()

    def __len__(self) -> int:
        """Values that are kept, some that are too old among them."""
        return len(self._kept)

    def _drop(self, key: Hashable) -> None:
        kept = self._kept.pop(key, None)
        for name in kept.about if kept is not None else ():
            keys = self._keys[name]
            keys.discard(key)
            if not keys:
                del self._keys[name]

    def _on_changed(self, message: Message) -> None:
        self.forget(message["about"])

    def _on_missed(self, message: Message) -> None:
        self.clear()
