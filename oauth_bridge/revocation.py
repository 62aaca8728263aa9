"""Ending access: of a connection, a token family, a client or a user. Takes effect on the next request."""

import uuid
from collections.abc import Iterable

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from oauth2_provider.models import AccessToken, Grant, RefreshToken

from oauth_bridge.catalogue import announce_tools
from oauth_bridge.models import (
    Client,
    Connection,
    ConnectionAccessToken,
    ConnectionRefreshToken,
    DeviceAuthorization,
)
from oauth_bridge.signals import access_ended


def announce(connection_ids: Iterable[int]) -> None:
    """Tell the rooms above, once the transaction is committed, that these connections' streams must end."""
    ids = frozenset(connection_ids)
    if ids:
        transaction.on_commit(lambda: access_ended.send(sender=Connection, connection_ids=ids), robust=True)


def revoke_connections(connections: QuerySet[Connection]) -> int:
    """Revoke connections and every token and pending code of theirs; how many there were."""
    with transaction.atomic():
        chosen = list(connections.values_list("pk", "user_id", "client_id"))
        ids = [pk for pk, _, _ in chosen]
        _mark_revoked(Connection.objects.filter(pk__in=ids).exclude(state=Connection.State.REVOKED))
        end_tokens(ids)
        _mark_ended(Client.objects.filter(pk__in={client_id for _, _, client_id in chosen}))
        for _, user_id, client_id in chosen:
            # A code or a device that waits for its tokens would get them from the next consent.
            Grant.objects.filter(user_id=user_id, application_id=client_id).delete()
            DeviceAuthorization.objects.filter(user_id=user_id, client_id=client_id).delete()
        announce(ids)
    return len(ids)


def pause_connections(connections: QuerySet[Connection]) -> int:
    """Stop active connections without ending them: their tokens work again when they are resumed."""
    with transaction.atomic():
        ids = list(connections.filter(state=Connection.State.ACTIVE).values_list("pk", flat=True))
        Connection.objects.filter(pk__in=ids).update(state=Connection.State.PAUSED)
        announce(ids)
    return len(ids)


def resume_connections(connections: QuerySet[Connection]) -> int:
    """Let paused connections act again; a revoked one needs consent anew."""
    return connections.filter(state=Connection.State.PAUSED).update(state=Connection.State.ACTIVE)


def suspend_connections(connections: QuerySet[Connection]) -> int:
    """Stop connections by an operator's word, which their users cannot lift."""
    with transaction.atomic():
        chosen = connections.exclude(state=Connection.State.REVOKED).filter(suspended=False)
        ids = list(chosen.values_list("pk", flat=True))
        Connection.objects.filter(pk__in=ids).update(suspended=True)
        announce(ids)
    return len(ids)


def release_connections(connections: QuerySet[Connection]) -> int:
    """Take back an operator's word; what its user paused stays paused."""
    return connections.filter(suspended=True).update(suspended=False)


def narrow_connection(connection_id: int, scopes: Iterable[str], *, read_only: bool) -> None:
    """Leave a connection no other scopes than these, of those that it has; with `read_only` no tool that writes.

    What is taken away is refused on the next request, and the open streams end: they know what was granted when they
    were opened. Only consent gives a scope back.
    """
    with transaction.atomic():
        connection = Connection.objects.select_for_update().get(pk=connection_id)
        kept = connection.scope_set & set(scopes)
        narrower = kept != connection.scope_set or (read_only and not connection.read_only)
        wider = connection.read_only and not read_only
        connection.scopes, connection.read_only = Connection.join_scopes(kept), read_only
        connection.save(update_fields=["scopes", "read_only"])
        if narrower:
            announce([connection.pk])
        elif wider:
            announce_tools(connection.user_id, connection.resource)


def revoke_family(token_family: uuid.UUID | None) -> None:
    """Revoke all refresh tokens of one grant, and its access tokens (RFC 9700 §4.14.2).

    Siblings of a grace window are of the same family. A connection that has no token left is revoked with it.
    """
    with transaction.atomic():
        links = ConnectionRefreshToken.objects.filter(refresh_token__token_family=token_family)
        connection_ids = set(links.values_list("connection_id", flat=True))
        # Or a token that was rotated a moment ago would still find its grace window open.
        links.update(rotated_at=None)
        RefreshToken.revoke_family(token_family)
        _settle(connection_ids)


def revoke_access_token_alone(access_token: AccessToken) -> None:
    """Revoke an access token and not its grant: a refresh token of the same grant can get the next one."""
    with transaction.atomic():
        links = ConnectionAccessToken.objects.filter(access_token=access_token)
        connection_ids = set(links.values_list("connection_id", flat=True))
        if RefreshToken.objects.filter(access_token=access_token, revoked=None).exists():
            # A refresh takes over the row of the token before: without it, it takes the grant for one that ended.
            AccessToken.objects.filter(pk=access_token.pk).update(expires=timezone.now())
        else:
            access_token.delete()
        _settle(connection_ids)


def revoke_refresh_token_alone(refresh_token: RefreshToken) -> None:
    """Revoke a refresh token and nothing else of its grant: the access token works until it expires."""
    with transaction.atomic():
        now = timezone.now()
        links = ConnectionRefreshToken.objects.filter(refresh_token=refresh_token)
        connection_ids = set(links.values_list("connection_id", flat=True))
        # Without a grace window, so that asking with it is seen as the misuse that it is.
        links.update(rotated_at=None)
        AccessToken.objects.filter(refresh_token=refresh_token, expires__lte=now).delete()
        RefreshToken.objects.filter(pk=refresh_token.pk, revoked=None).update(revoked=now, updated=now)
        _settle(connection_ids)


def revoke_access_token(access_token: AccessToken) -> None:
    """Revoke an access token with the grant that it came from (RFC 7009 §2.1)."""
    with transaction.atomic():
        refresh_token = RefreshToken.objects.filter(access_token=access_token).first()
        if refresh_token is not None:
            revoke_family(refresh_token.token_family)
            return
        revoke_access_token_alone(access_token)


def live_connections(*, user_id: int | None = None, client_id: int | None = None) -> list[int]:
    """Ids of the active connections of a user or a client."""
    chosen = Q(user_id=user_id) if user_id is not None else Q(client_id=client_id)
    return list(Connection.objects.filter(chosen, state=Connection.State.ACTIVE).values_list("pk", flat=True))


def disable_clients(clients: QuerySet[Client]) -> int:
    """Switch clients off: their tokens stop working at once, and work again when they are switched on."""
    with transaction.atomic():
        ids = list(clients.filter(disabled=False).values_list("pk", flat=True))
        Client.objects.filter(pk__in=ids).update(disabled=True)
        announce(Connection.objects.filter(client_id__in=ids).values_list("pk", flat=True))
    return len(ids)


def end_tokens(connection_ids: Iterable[int]) -> None:
    now = timezone.now()
    refresh = RefreshToken.objects.filter(connection_link__connection_id__in=connection_ids)
    ConnectionRefreshToken.objects.filter(connection_id__in=connection_ids).update(rotated_at=None)
    refresh.filter(revoked__isnull=True).update(revoked=now, updated=now)
    AccessToken.objects.filter(connection_link__connection_id__in=connection_ids).delete()


def _mark_revoked(connections: QuerySet[Connection]) -> None:
    connections.update(state=Connection.State.REVOKED, revoked_at=timezone.now())


def _mark_ended(clients: QuerySet[Client]) -> None:
    """The clean-up leaves alone what had access lately."""
    clients.update(updated=timezone.now())


def _settle(connection_ids: set[int]) -> None:
    """A connection without a token that could still be used has ended; its streams end in any case."""
    usable = Q(access_token_links__isnull=False) | Q(
        refresh_token_links__isnull=False, refresh_token_links__refresh_token__revoked__isnull=True
    )
    alive = Connection.objects.filter(usable, pk__in=connection_ids).values("pk")
    over = Connection.objects.filter(pk__in=connection_ids, state=Connection.State.ACTIVE).exclude(
        # A client that acts by its own credentials gave back a token, and can ask for the next one.
        Q(pk__in=alive) | Q(client__acts_as__isnull=False)
    )
    _mark_ended(Client.objects.filter(pk__in=over.values("client")))
    _mark_revoked(over)
    announce(connection_ids)
