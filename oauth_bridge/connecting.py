"""The connection that a consent makes, renews or widens."""

from typing import Any

from django.utils import timezone
from oauthlib.oauth2.rfc6749 import errors

from accounts.models import User
from oauth_bridge.models import Client, Connection


def connect(user: User, client: Client, resource: str, scope: str, redirect_host: str = "") -> Connection:
    """The connection of a consent that was given just now; call it inside a transaction.

    Raises InvalidGrantError while the connection is paused: consent does not lift what an operator or the user
    stopped.
    """
    now = timezone.now()
    key: dict[str, Any] = {"user": user, "client": client, "resource": resource}
    facts = {
        "redirect_host": redirect_host,
        "client_fingerprint": client.fingerprint,
        "consented_at": now,
    }
    # One statement that cannot fail when two consents race, where get_or_create needs a savepoint.
    Connection.objects.bulk_create([Connection(**key, scopes=scope, **facts)], ignore_conflicts=True)
    connection = Connection.objects.select_for_update().get(**key)
    # Spares a query to whoever needs to know more of them.
    connection.user, connection.client = user, client
    if connection.consented_at == now:
        return connection
    if connection.state == Connection.State.PAUSED:
        raise errors.InvalidGrantError
    kept = connection.scope_set if connection.is_live(now) else frozenset()
    connection.scopes = Connection.join_scopes(kept | set(scope.split()))
    connection.state = Connection.State.ACTIVE
    if connection.expires_at is not None and connection.expires_at <= now:
        connection.expires_at = None
    for fact, value in facts.items():
        setattr(connection, fact, value)
    connection.save(update_fields=["scopes", "state", "expires_at", *facts])
    return connection
