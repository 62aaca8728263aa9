"""Whether a failure means that what this site stores things in is away for the moment, and nothing worse."""

import select
import sys

from django.db import InterfaceError, OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper

RETRY_AFTER = 2
"""Seconds after which who was refused for it may try again."""


def is_away(error: BaseException | None) -> bool:
    """Whether the database or Redis could not be reached, or did not answer."""
    if isinstance(error, OperationalError | InterfaceError):
        return True
    redis = sys.modules.get("redis.exceptions")  # not imported where there is none
    return redis is not None and isinstance(error, redis.ConnectionError | redis.TimeoutError)


def close_stale_connections() -> None:
    """Close the connections of this thread that are too old, had an error, or were closed by PostgreSQL's restart.

    To be called before a use: nobody's request should have to fail for this to be noticed.
    """
    for connection in connections.all(initialized_only=True):
        if _is_dead(connection):
            connection.close()
        else:
            connection.close_if_unusable_or_obsolete()


def _is_dead(connection: BaseDatabaseWrapper) -> bool:
    """Whether PostgreSQL closed it. A connection that nobody uses has nothing to read, unless it is the end."""
    if connection.connection is None or connection.vendor != "postgresql" or connection.in_atomic_block:
        return False
    poll = select.poll()
    poll.register(connection.connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))
