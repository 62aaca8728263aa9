"""What the rooms above know of a connection's use.

`settings.OAUTH_BRIDGE_RECENT_CALLS` names a callable that returns it, so that this room imports none above it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import cast

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
    load = cast(Callable[[int, int], list[RecentCall]], import_string(settings.OAUTH_BRIDGE_RECENT_CALLS))
    return load(connection_id, MOST)
