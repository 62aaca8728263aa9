"""Which connections may act now, for who may have missed a notice that one of them ended."""

from collections.abc import Iterable

from django.utils import timezone

from oauth_bridge.models import Connection


def without_access(connection_ids: Iterable[int]) -> set[int]:
    """Those of these connections that are gone or stopped, or whose user or client is switched off."""
    asked, now = set(connection_ids), timezone.now()
    found = Connection.objects.filter(pk__in=asked, user__is_active=True, client__disabled=False)
    return asked - {connection.pk for connection in found if connection.is_live(now)}
