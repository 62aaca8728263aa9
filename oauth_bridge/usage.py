"""When a connection was last used and how often, without a write for every request."""

import logging
import threading
from datetime import datetime, timedelta

from django.db import DatabaseError
from django.db.models import F

from oauth_bridge.models import Connection

logger = logging.getLogger(__name__)

INTERVAL = timedelta(minutes=1)
"""Least time between two writes for one connection."""

_lock = threading.Lock()
_uncounted: dict[int, int] = {}
"""Uses since this process last wrote, by connection; a crash loses them."""


def record_use(connection: Connection, now: datetime) -> None:
    """Count a use; written down together once a minute. Never fails: nobody is refused for a statistic."""
    with _lock:
        _uncounted[connection.pk] = _uncounted.get(connection.pk, 0) + 1
        if connection.last_used_at is not None and now - connection.last_used_at < INTERVAL:
            return
        uses = _uncounted.pop(connection.pk)
    try:
        Connection.objects.filter(pk=connection.pk).update(last_used_at=now, use_count=F("use_count") + uses)
    except DatabaseError:
        logger.warning("The use of connection %s was not written down.", connection.pk, exc_info=True)
