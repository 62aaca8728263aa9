"""Tells the rooms above that what somebody may do changed, for whoever keeps what was checked a moment ago."""

from collections.abc import Iterable

from django.db import transaction

from oauth_bridge.models import Connection
from oauth_bridge.signals import access_changed


def announce_change(*, connections: Iterable[int] = (), users: Iterable[int] = (), clients: Iterable[str] = ()) -> None:
    """Connections and users by primary key, clients by client ID; told once the transaction is committed.

    Whatever ends access is announced by `revocation.announce`, which says this too.
    """
    changed = {
        "connection_ids": frozenset(connections),
        "user_ids": frozenset(users),
        "client_ids": frozenset(clients),
    }
    transaction.on_commit(lambda: access_changed.send(sender=Connection, **changed), robust=True)
