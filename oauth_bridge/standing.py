"""Who may still act, for those who may have missed a notice that somebody's access ended."""

from collections.abc import Iterator, Sequence

from django.utils import timezone
from oauth2_provider.models import AccessToken

from oauth_bridge.models import Connection
from oauth_bridge.principal import Principal

AT_ONCE = 1000
"""Rows asked for in one query."""


def still_stands(principals: Sequence[Principal]) -> list[bool]:
    """Of each caller, whether all that let them in then would let them in now.

    False when the connection is gone or stopped, its user or client is switched off, the token alone was revoked, or
    the connection lost a scope that the caller has.
    """
    now = timezone.now()
    connections: dict[int, Connection] = {}
    for some in _portions({principal.connection_id for principal in principals}):
        found = Connection.objects.filter(pk__in=some, user__is_active=True, client__disabled=False)
        connections |= {connection.pk: connection for connection in found if connection.is_live(now)}
    asked = {principal.token_id for principal in principals if principal.token_id is not None}
    tokens: set[int] = set()
    for some in _portions(asked):
        tokens |= set(AccessToken.objects.filter(pk__in=some, expires__gt=now).values_list("pk", flat=True))
    return [_stands(principal, connections.get(principal.connection_id), tokens) for principal in principals]


def _stands(principal: Principal, connection: Connection | None, tokens: set[int]) -> bool:
    return (
        connection is not None
        and (principal.token_id is None or principal.token_id in tokens)
        and principal.scopes <= connection.scope_set
        and (principal.read_only or not connection.read_only)
    )


def _portions(ids: set[int]) -> Iterator[list[int]]:
    ordered = sorted(ids)
    return (ordered[start : start + AT_ONCE] for start in range(0, len(ordered), AT_ONCE))
