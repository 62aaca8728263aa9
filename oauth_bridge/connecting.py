"""The connection that a user's consent makes or changes."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from oauthlib.oauth2.rfc6749 import errors

from accounts.models import User
from oauth_bridge.catalogue import announce_tools, keep_catalogue
from oauth_bridge.conf import configuration
from oauth_bridge.models import Client, Connection
from oauth_bridge.notices import tell_of_new_client
from oauth_bridge.resources import ProtectedResource
from oauth_bridge.revocation import announce, end_tokens

LIFETIMES: dict[str, timedelta | None] = {"forever": None, "30d": timedelta(days=30), "24h": timedelta(hours=24)}
"""How long a user can let a connection last, by the value that forms send; None is until it is revoked."""


class ConnectionChangedError(Exception):
    """The connection is not any more as the user was shown it: they are to be asked again."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What a user allows: exactly these scopes, perhaps for reading alone, perhaps for a time."""

    scopes: frozenset[str]
    read_only: bool = False
    lifetime: timedelta | None = None

    @classmethod
    def of(cls, scopes: Iterable[str], *, read_only: bool = False, lifetime: timedelta | None = None) -> "Choice":
        return cls(frozenset(scopes), read_only, lifetime)


def is_worn_out(connection: Connection, now: datetime) -> bool:
    """Whether the user has to be asked again, however often the tokens were used (RFC 9700 §4.14.2)."""
    lifetime = configuration().refresh_absolute
    return lifetime > 0 and connection.consented_at + timedelta(seconds=lifetime) <= now


def find_connection(user: User, client: Client, resource: str) -> Connection | None:
    """The connection of this user, client and resource, in whatever state it is."""
    found = Connection.objects.filter(user=user, client=client, resource=resource).first()
    if found is not None:
        # Spares a query to whoever needs to know more of them.
        found.user, found.client = user, client
    return found


def connect(
    user: User,
    client: Client,
    resource: ProtectedResource,
    choice: Choice,
    before: Connection | None,
    redirect_host: str = "",
    *,
    personal: bool = False,
) -> Connection:
    """Make the connection what the user chose; `before` is how they were shown it, None when there was none.

    Raises ConnectionChangedError when it was paused, revoked or deleted meanwhile: consent does not lift what somebody
    stopped. The connection of a `personal` token keeps no catalogue: its user knows what the script calls, and nothing
    is held back from it when a tool changes.
    """
    now = timezone.now()
    chosen: dict[str, Any] = {
        "scopes": Connection.join_scopes(choice.scopes),
        "read_only": choice.read_only,
        "expires_at": None if choice.lifetime is None else now + choice.lifetime,
        "redirect_host": redirect_host,
        "client_fingerprint": client.fingerprint,
        "consented_at": now,
    }
    with transaction.atomic(savepoint=False):
        chosen["catalogue_id"] = None if personal else keep_catalogue(resource, choice.scopes)
        key: dict[str, Any] = {"user": user, "client": client, "resource": resource.uri}
        if before is None:
            made = _make(key, chosen)
            if not personal:
                tell_of_new_client(made)
            return made
        _change(before, chosen, now)
    return before


def claim(user: User, client: Client, resource: str, token: dict[str, Any]) -> Connection:
    """The connection that a code or device was approved for, locked; inside a transaction.

    Leaves in the token response the scopes that the connection still has. Raises InvalidGrantError when it ended since,
    or when that are none.
    """
    connection = Connection.objects.select_for_update().filter(user=user, client=client, resource=resource).first()
    asked = token["scope"].split()
    granted = [] if connection is None else [scope for scope in asked if scope in connection.scope_set]
    if connection is None or not connection.is_live(timezone.now()) or (asked and not granted):
        raise errors.InvalidGrantError
    connection.user, connection.client = user, client
    token["scope"] = " ".join(granted)
    return connection


def widen_own(user: User, client: Client, resource: str, scope: str) -> Connection:
    """The connection of a client that acts by its own credentials, with these scopes too; inside a transaction.

    Nobody consents here, so that a connection which was ended in any way is not renewed by asking: raises
    InvalidGrantError.
    """
    now = timezone.now()
    key: dict[str, Any] = {"user": user, "client": client, "resource": resource}
    facts = {"scopes": scope, "client_fingerprint": client.fingerprint, "consented_at": now}
    # One statement that cannot fail when two requests race, where get_or_create needs a savepoint.
    Connection.objects.bulk_create([Connection(**key, **facts)], ignore_conflicts=True)
    connection = Connection.objects.select_for_update().get(**key)
    connection.user, connection.client = user, client
    if not connection.is_live(now):
        raise errors.InvalidGrantError(description="The connection of this client was ended.")
    scopes = Connection.join_scopes(connection.scope_set | set(scope.split()))
    if scopes != connection.scopes:
        connection.scopes = scopes
        connection.save(update_fields=["scopes"])
    return connection


def _make(key: dict[str, Any], chosen: dict[str, Any]) -> Connection:
    """Of two consents at once the last one counts. The state is left alone: somebody may have paused it just now."""
    (made,) = Connection.objects.bulk_create(
        [Connection(**key, **chosen)],
        update_conflicts=True,
        unique_fields=["user", "client", "resource"],
        update_fields=[name.removesuffix("_id") for name in chosen],
    )
    return made


def _change(connection: Connection, chosen: dict[str, Any], now: datetime) -> None:
    was_live = connection.is_live(now)
    narrower = was_live and _is_narrower(connection, chosen)
    unchanged = Connection.objects.filter(pk=connection.pk, state=connection.state, suspended=False)
    if connection.is_stopped or not unchanged.update(state=Connection.State.ACTIVE, **chosen):
        raise ConnectionChangedError
    if not was_live:
        # What it issued when it was live is not what was allowed now.
        end_tokens([connection.pk])
    if narrower:
        # Open streams know what was granted when they were opened.
        announce([connection.pk])
    elif was_live:
        announce_tools(connection.user_id, connection.resource)
    connection.state = Connection.State.ACTIVE
    for name, value in chosen.items():
        setattr(connection, name, value)


def _is_narrower(connection: Connection, chosen: dict[str, Any]) -> bool:
    ends = chosen["expires_at"]
    return (
        not connection.scope_set <= set(chosen["scopes"].split())
        or (chosen["read_only"] and not connection.read_only)
        or (ends is not None and (connection.expires_at is None or ends < connection.expires_at))
    )
