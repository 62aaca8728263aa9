"""What the rooms above know of a connection's use.

`settings.OAUTH_BRIDGE_RECENT_CALLS` and `…_OF_CLIENT` name callables that return it, so that this room imports none
above it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from django.conf import settings
from django.utils.module_loading import import_string

MOST = 20
"""Calls that a page shows."""


@dataclass(frozen=True, slots=True)
class RecentCall:
    """One tool call as its user is shown it."""

    called_at: datetime
    tool: str
    outcome: str
    """In words."""
    succeeded: bool
    duration_ms: float


def recent_calls(connection_id: int) -> list[RecentCall]:
    """The last calls of a connection, the newest first."""
    return _load(settings.OAUTH_BRIDGE_RECENT_CALLS, connection_id)


def recent_calls_of_client(client_id: str) -> list[RecentCall]:
    """The last calls that came through a client, by its client ID, the newest first."""
    return _load(settings.OAUTH_BRIDGE_RECENT_CALLS_OF_CLIENT, client_id)


def _load(path: str, whose: Any) -> list[RecentCall]:
    load = cast(Callable[[Any, int], list[RecentCall]], import_string(path))
    return load(whose, MOST)
