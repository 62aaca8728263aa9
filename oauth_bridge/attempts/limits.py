"""How much of what strangers do is written down: a flood of requests is none of rows."""

import threading

PER_ADDRESS = 120
"""Events of strangers that one address may leave in a minute, in each process."""
IN_ALL = 1_200
"""The same of all addresses together."""
ROWS_PER_ADDRESS = 100
"""Attempts without a user that one address may leave in an hour."""
MOST_ROWS = 20_000
"""Attempts that are kept; beyond them the oldest go, those first that never got far."""
MINUTE = 60.0


class Limiter:
    """Counts by the minute. Bounded itself: it knows no more addresses than it lets in events."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[str | None, int] = {}
        self._all = 0
        self._until = 0.0

    def lets_in(self, address: str | None, now: float) -> bool:
        """Whether one more event of this address is taken at this time (Unix time, in seconds)."""
        with self._lock:
            if not self._until - MINUTE <= now < self._until:
                self._counts.clear()
                self._all, self._until = 0, now + MINUTE
            if self._all >= IN_ALL or self._counts.get(address, 0) >= PER_ADDRESS:
                return False
            self._counts[address] = self._counts.get(address, 0) + 1
            self._all += 1
            return True
