"""When a connection was last used and how often, without a write for every request."""

import logging
import threading
from datetime import datetime, timedelta

from django.db import DatabaseError
from django.db.models import F

from oauth_bridge.attempts import reports
from oauth_bridge.models import Connection

logger = logging.getLogger(__name__)

INTERVAL = timedelta(minutes=1)
"""Least time between two writes for one connection."""

MOST_EXPECTED = 10_000
"""Connections whose first call this process looks out for."""

_lock = threading.Lock()
_uncounted: dict[int, int] = {}
"""Uses since this process last wrote, by connection; a crash loses them."""
_expected: set[int] = set()
"""Connections that were given a token by this process, and have not called since."""


def expect(connection: Connection) -> None:
    """Write the next use of a connection down at once, although it was used a moment ago: a client came anew."""
    if len(_expected) < MOST_EXPECTED:
        _expected.add(connection.pk)


def count_use(connection_id: int) -> None:
    """Count a use that nobody has to look up the connection for; written down with the next that somebody does."""
    with _lock:
        _uncounted[connection_id] = _uncounted.get(connection_id, 0) + 1


def record_use(connection: Connection, now: datetime) -> None:
    """Count a use; written down together once a minute. Never fails: nobody is refused for a statistic."""
    with _lock:
        _uncounted[connection.pk] = _uncounted.get(connection.pk, 0) + 1
        if (
            connection.last_used_at is not None
            and now - connection.last_used_at < INTERVAL
            and connection.pk not in _expected
        ):
            return
        _expected.discard(connection.pk)
        uses = _uncounted.pop(connection.pk)
    try:
        Connection.objects.filter(pk=connection.pk).update(last_used_at=now, use_count=F("use_count") + uses)
    except DatabaseError:
        logger.warning("The use of connection %s was not written down.", connection.pk, exc_info=True)
    reports.called(connection.pk)
