"""A flight recorder that writes when a test reads it, on the test's own database connection."""

from typing import Any

import pytest

from oauth_bridge import usage
from oauth_bridge.attempts import recorder
from oauth_bridge.attempts.event import Event
from oauth_bridge.attempts.limits import Limiter
from oauth_bridge.attempts.matching import write
from oauth_bridge.models import ConnectionAttempt


class Recorded:
    """What was recorded so far."""

    def __init__(self) -> None:
        self.waiting: list[Event] = []

    def add(self, event: Event, told: Any = None) -> None:
        self.waiting.append(event)

    @property
    def rows(self) -> list[ConnectionAttempt]:
        """The attempts, in the order of their beginning."""
        waiting, self.waiting = self.waiting, []
        write(waiting)
        return list(ConnectionAttempt.objects.order_by("started_at", "pk"))

    @property
    def only(self) -> ConnectionAttempt:
        """The one that there is."""
        (row,) = self.rows
        return row


@pytest.fixture
def recorded(settings: Any, monkeypatch: pytest.MonkeyPatch, db: None) -> Recorded:
    """The flight recorder, switched on."""
    settings.OAUTH_BRIDGE_ATTEMPTS = True
    made = Recorded()
    monkeypatch.setattr(recorder, "writer", made)
    monkeypatch.setattr(recorder, "limiter", Limiter())
    monkeypatch.setattr(usage, "_expected", set())
    return made
