"""Checks an access token and says who calls. Called for every MCP request: one query."""

from datetime import datetime

from django.utils import timezone
from django.utils.crypto import constant_time_compare

from accounts.models import User
from oauth_bridge.budget import budget_of
from oauth_bridge.catalogue import held_tools
from oauth_bridge.digests import digest
from oauth_bridge.models import Connection, ConnectionAccessToken
from oauth_bridge.principal import Principal
from oauth_bridge.resources import find_resource
from oauth_bridge.token_lookup import as_stored, find_access_token
from oauth_bridge.trust import is_client_let_in
from oauth_bridge.usage import count_use, record_use

LONGEST_TOKEN = 4096

_INVALID = "The access token is invalid, expired or revoked."


class BearerError(Exception):
    """A request that is not let in: `code` is the RFC 6750 §3.1 error, None when no token was sent at all.

    For the operator alone there is `why`, and the connection where the token is one of it.
    """

    def __init__(self, code: str | None, description: str, connection_id: int | None = None, why: str = "") -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.connection_id = connection_id
        self.why = why or description


def verify(token: str | None, resource: str) -> Principal:
    """Who calls, by an access token for the protected resource with this canonical URI.

    Raises BearerError. One message for whatever is wrong with a token: the caller learns nothing from it.
    """
    if not token:
        raise BearerError(None, "An access token is needed.")
    if len(token) > LONGEST_TOKEN:
        raise BearerError("invalid_token", _INVALID)
    link = find_access_token(digest(token))
    now = timezone.now()
    if link is None:
        raise BearerError("invalid_token", _INVALID)
    connection = link.connection
    user, client = connection.user, connection.client
    if (why := _refusal(link, now)) is not None:
        raise BearerError("invalid_token", _INVALID, connection.pk, why)
    if not constant_time_compare(connection.resource, resource):
        why = f"The access token is for another resource: it is good at {connection.resource}, and came to {resource}."
        raise BearerError("invalid_token", "The access token is for another resource.", connection.pk, why)
    record_use(connection, now)
    protected = find_resource(connection.resource)
    ends = link.access_token.expires
    if connection.expires_at is not None:
        ends = min(ends, connection.expires_at)
    return Principal(
        user=user,
        client_id=client.client_id,
        client_name=client.display_name,
        connection_id=connection.pk,
        scopes=frozenset(link.access_token.scope.split()) & connection.scope_set,
        resource=connection.resource,
        expires_at=ends.timestamp(),
        read_only=connection.read_only,
        budget=budget_of(connection.calls_per_minute, connection.calls_per_day),
        held_tools=frozenset() if protected is None else held_tools(connection, protected),
        token_id=link.access_token.pk,
    )


def again(principal: Principal) -> Principal:
    """The caller that `verify` found, for another request of theirs; asks no database.

    For whoever keeps what was found, hears of what changes it, and looks at `expires_at`.
    """
    count_use(principal.connection_id)
    return apart(principal)


def apart(principal: Principal) -> Principal:
    """The same caller with a user of their own, where the one that was read from the database is kept unused.

    What a tool or Django's permissions leave in that object is no other request's.
    """
    user = principal.user
    return principal.with_user(as_stored(User, user.__dict__, user._state.db))


def _state(connection: Connection) -> str:
    if connection.suspended:
        return "paused by an operator"
    return "over its time" if connection.state == Connection.State.ACTIVE else connection.state


def _refusal(link: ConnectionAccessToken, now: datetime) -> str | None:
    """Why a token of this site is good for nothing now; None when it is good."""
    connection = link.connection
    user, client = connection.user, connection.client
    if now >= link.access_token.expires:
        return "The access token has expired."
    if not user.is_active:
        return "The user is not active any more."
    if client.disabled or not is_client_let_in(client.client_id):
        return "The client is disabled, or its host is not let in."
    if not connection.is_live(now):
        return f"The connection is {_state(connection)}."
    # The token is the connection's own: a row that says otherwise was tampered with.
    if link.access_token.user_id != user.pk or link.access_token.application_id != client.pk:
        return "The access token does not belong to its connection: its row was changed."
    return None
