"""Whether a failure means that what this site stores things in is away for the moment, and nothing worse."""

import select
import sys

from django.db import InterfaceError, OperationalError, connections

RETRY_AFTER = 2
"""Seconds after which who was refused for it may try again."""


def is_away(error: BaseException | None) -> bool:
    """Whether the database or Redis could not be reached, or did not answer."""
    if isinstance(error, OperationalError | InterfaceError):
        return True
    redis = sys.modules.get("redis.exceptions")  # not imported where there is none
    return redis is not None and isinstance(error, redis.ConnectionError | redis.TimeoutError)


def close_dead_connections() -> None:
    """Close the connections of this thread that PostgreSQL has closed, as it does when it restarts.

    To be called between two uses: nobody's request should have to fail for this to be noticed. A connection that
    nobody uses has nothing to read, unless it is the end.
    """
    for connection in connections.all(initialized_only=True):
        raw = connection.connection
        if raw is not None and connection.vendor == "postgresql" and not connection.in_atomic_block:
            poll = select.poll()
            poll.register(raw.fileno(), select.POLLIN)
            if poll.poll(0):
                connection.close()
