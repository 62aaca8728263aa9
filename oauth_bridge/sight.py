"""What a connection is given of a resource, entry by entry, and why the rest is hidden from it.

`settings.OAUTH_BRIDGE_SIGHT` names a callable that tells, so that this room imports none above it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from django.conf import settings
from django.utils.module_loading import import_string

from oauth_bridge.catalogue import held_tools
from oauth_bridge.models import Connection
from oauth_bridge.principal import Principal
from oauth_bridge.resources import find_resource
from oauth_bridge.trust import is_client_let_in


@dataclass(frozen=True, slots=True)
class Sighted:
    """One entry of a resource."""

    kind: str
    """Tool, resource, resource template or prompt."""
    name: str
    """As clients name it."""
    title: str
    is_given: bool
    reasons: tuple[str, ...]
    """Why it is hidden, in sentences; empty for what is given."""


def sighted(connection: Connection) -> Sequence[Sighted]:
    """Every entry of the resource that the connection is to, in the order of the lists that clients get.

    Empty when the site has no such resource any more.
    """
    load = cast(Callable[[Principal], Sequence[Sighted]], import_string(settings.OAUTH_BRIDGE_SIGHT))
    return load(principal_of(connection))


def principal_of(connection: Connection) -> Principal:
    """The caller that a token with all scopes of the connection would make, whether it is let in or not."""
    resource = find_resource(connection.resource)
    return Principal(
        user=connection.user,
        client_id=connection.client.client_id,
        client_name=connection.client.display_name,
        connection_id=connection.pk,
        scopes=connection.scope_set,
        resource=connection.resource,
        expires_at=connection.expires_at.timestamp() if connection.expires_at is not None else float("inf"),
        read_only=connection.read_only,
        held_tools=frozenset() if resource is None else held_tools(connection, resource),
    )


def shut_out(connection: Connection, now: datetime) -> list[str]:
    """Why `bearer.verify` lets in no token of the connection at this moment; empty when it does."""
    client = connection.client
    found = {
        "The connection was revoked.": connection.state == Connection.State.REVOKED,
        "Its user paused the connection.": connection.state == Connection.State.PAUSED,
        "An operator paused the connection.": connection.suspended,
        "The connection's time is over.": connection.expires_at is not None and connection.expires_at <= now,
        "The user is not active.": not connection.user.is_active,
        "The client is disabled.": client.disabled,
        "The host of the client's metadata document is not let in.": not is_client_let_in(client.client_id),
        "The site has no such resource any more.": find_resource(connection.resource) is None,
    }
    return [reason for reason, holds in found.items() if holds]
