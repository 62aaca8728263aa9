"""Issuing tokens: for a code, and for a refresh token with rotation, siblings and reuse detection."""

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import F
from django.utils import timezone
from oauth2_provider.models import AccessToken, Grant, RefreshToken, refresh_token_expire_timedelta
from oauthlib.oauth2.rfc6749 import errors

from oauth_bridge.conf import configuration
from oauth_bridge.digests import digest
from oauth_bridge.models import (
    Client,
    Connection,
    ConnectionAccessToken,
    ConnectionRefreshToken,
    RedeemedCode,
)
from oauth_bridge.redirect_uris import destination
from oauth_bridge.revocation import revoke_family
from oauth_bridge.server import OAuthRequest

if TYPE_CHECKING:
    from oauth_bridge.validator import BridgeValidator

logger = logging.getLogger(__name__)


def redeem_code(validator: "BridgeValidator", request: OAuthRequest, token: dict[str, Any], grant: Grant) -> None:
    """Exchange a code for tokens, once; call it inside a transaction.

    Deleting the row is what claims the code: of two requests with the same one, the second finds nothing.
    """
    claimed, _ = Grant.objects.filter(pk=grant.pk).delete()
    if not claimed:
        raise errors.InvalidGrantError(request=request)
    connection = _connect(request, grant)
    if not request.client.may_refresh:
        token.pop("refresh_token", None)
    access_token, refresh_token = _issue(validator, request, token, connection, grant.scope, None)
    RedeemedCode.objects.create(
        digest=grant.code,
        connection=connection,
        access_token=access_token,
        token_family=refresh_token.token_family if refresh_token is not None else None,
    )


def refresh(validator: "BridgeValidator", request: OAuthRequest, token: dict[str, Any]) -> None:
    """Rotate a refresh token, or give a sibling when it was rotated a moment ago; inside a transaction.

    Without the siblings a retry after a lost answer, or two windows that refresh at once, would look like
    theft and sign the user out (RFC 9700 §4.14.2 leaves the grace to the server).
    """
    # Locked, so that of two refreshes one sees that the other came first.
    link = (
        ConnectionRefreshToken.objects.select_for_update(of=("self", "refresh_token", "connection"))
        .select_related("refresh_token", "connection")
        .get(pk=request.refresh_token_link.pk)
    )
    previous = link.refresh_token
    now = timezone.now()
    if not link.connection.is_live(now):
        raise errors.InvalidGrantError(request=request)
    if previous.revoked is None:
        spent = previous.access_token_id
        RefreshToken.objects.filter(pk=previous.pk).update(revoked=now, access_token=None, updated=now)
        ConnectionRefreshToken.objects.filter(pk=link.pk).update(rotated_at=now)
        if spent is not None:
            AccessToken.objects.filter(pk=spent).delete()
    elif not _in_grace(link):
        raise errors.InvalidGrantError(request=request)
    _issue(validator, request, token, link.connection, link.scopes, previous)


def find_refresh_token(token: str, client: Client) -> ConnectionRefreshToken | None:
    """The refresh token that may be exchanged now; None when there is none.

    A token that was rotated longer ago than the grace window is in two hands: its whole family ends.
    """
    link = (
        ConnectionRefreshToken.objects.filter(refresh_token__token_checksum=digest(token), connection__client=client)
        .select_related("refresh_token__user", "connection")
        .order_by(F("refresh_token__revoked").desc(nulls_first=True))
        .first()
    )
    if link is None:
        return None
    refresh_token = link.refresh_token
    if refresh_token.revoked is not None:
        if _in_grace(link):
            return _if_usable(link)
        if link.rotated_at is not None:
            logger.warning("A rotated refresh token of connection %s came back: its grant ends.", link.connection_id)
            revoke_family(refresh_token.token_family)
        return None
    lifetime = refresh_token_expire_timedelta()
    if lifetime is not None and refresh_token.created + lifetime <= timezone.now():
        return None
    # Without its access token it was revoked by other means than ours.
    return _if_usable(link) if refresh_token.access_token_id is not None else None


def _if_usable(link: ConnectionRefreshToken) -> ConnectionRefreshToken | None:
    usable = link.refresh_token.user.is_active and link.connection.is_live(timezone.now())
    return link if usable else None


def _in_grace(link: ConnectionRefreshToken) -> bool:
    window = timedelta(seconds=configuration().refresh_grace)
    return link.rotated_at is not None and timezone.now() < link.rotated_at + window


def _connect(request: OAuthRequest, grant: Grant) -> Connection:
    """The connection that this consent makes, renews or widens."""
    connection, created = Connection.objects.select_for_update().get_or_create(
        user=grant.user,
        client=request.client,
        resource=grant.resource[0],
        defaults={
            "scopes": grant.scope,
            "redirect_host": destination(grant.redirect_uri).host,
            "client_fingerprint": request.client.fingerprint,
        },
    )
    if created:
        return connection
    if connection.state == Connection.State.PAUSED:
        # Consent does not lift what an operator or the user stopped.
        raise errors.InvalidGrantError(request=request)
    now = timezone.now()
    kept = connection.scope_set if connection.is_live(now) else frozenset()
    connection.scopes = Connection.join_scopes(kept | set(grant.scope.split()))
    connection.redirect_host = destination(grant.redirect_uri).host
    connection.client_fingerprint = request.client.fingerprint
    connection.state = Connection.State.ACTIVE
    connection.consented_at = now
    if connection.expires_at is not None and connection.expires_at <= now:
        connection.expires_at = None
    connection.save()
    return connection


def _issue(
    validator: "BridgeValidator",
    request: OAuthRequest,
    token: dict[str, Any],
    connection: Connection,
    scopes: str,
    previous: RefreshToken | None,
) -> tuple[AccessToken, RefreshToken | None]:
    # A scope that was asked for twice is stored and answered once.
    token["scope"] = " ".join(dict.fromkeys(token["scope"].split()))
    expires = timezone.now() + timedelta(seconds=token["expires_in"])
    access_token = validator._create_access_token(expires, request, token)
    ConnectionAccessToken.objects.create(connection=connection, access_token=access_token)
    if "refresh_token" not in token:
        return access_token, None
    refresh_token = validator._create_refresh_token(request, token["refresh_token"], access_token, previous)
    ConnectionRefreshToken.objects.create(connection=connection, refresh_token=refresh_token, scopes=scopes)
    return access_token, refresh_token
