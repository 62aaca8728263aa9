"""Issuing tokens: for a code, and for a refresh token with rotation, siblings and reuse detection."""

import logging
from datetime import timedelta
from typing import Any

from django.db.models import F
from django.utils import timezone
from oauth2_provider.models import Grant, refresh_token_expire_timedelta
from oauthlib.oauth2.rfc6749 import errors

from oauth_bridge.attempts import explain, found
from oauth_bridge.conf import configuration
from oauth_bridge.connecting import claim, is_worn_out
from oauth_bridge.digests import digest
from oauth_bridge.models import Client, ConnectionRefreshToken, RedeemedCode
from oauth_bridge.notices import tell_of_reuse
from oauth_bridge.revocation import revoke_family
from oauth_bridge.server import OAuthRequest
from oauth_bridge.token_rows import spend, write_access_token, write_refresh_token

logger = logging.getLogger(__name__)


def redeem_code(request: OAuthRequest, token: dict[str, Any], grant: Grant) -> None:
    """Exchange a code for tokens, once; call it inside a transaction.

    Deleting the row is what claims the code: of two requests with the same one, the second finds nothing.
    """
    claimed, _ = Grant.objects.filter(pk=grant.pk).delete()
    if not claimed:
        explain("The code was used already, a moment ago.")
        raise errors.InvalidGrantError(request=request)
    explain("The connection was ended or paused since its user allowed it.")
    connection = claim(grant.user, request.client, grant.resource[0], token)
    access_token = write_access_token(connection, token)
    redeemed = RedeemedCode(digest=grant.code, connection=connection, access_token=access_token)
    if request.client.may_refresh:
        refresh_token = write_refresh_token(connection, token, access_token, token["scope"])
        redeemed.token_family = refresh_token.token_family
    else:
        del token["refresh_token"]
    redeemed.save()
    found(connection, grant.code_challenge)


def refresh(request: OAuthRequest, token: dict[str, Any]) -> None:
    """Rotate a refresh token, or give a sibling when it was rotated a moment ago; inside a transaction.

    Without the siblings a retry after a lost answer, or two windows that refresh at once, would look like
    theft and sign the user out (RFC 9700 §4.14.2 leaves the grace to the server).
    """
    # Locked, so that of two refreshes one sees that the other came first.
    link = (
        ConnectionRefreshToken.objects.select_for_update(of=("self", "refresh_token", "connection"))
        .select_related("refresh_token__access_token", "connection")
        .get(pk=request.refresh_token_link.pk)
    )
    connection, previous = link.connection, link.refresh_token
    rotated_before = previous.revoked is not None
    if not connection.is_live(timezone.now()) or (rotated_before and not _in_grace(link)):
        raise errors.InvalidGrantError(request=request)
    spent = None if rotated_before else spend(link)
    access_token = write_access_token(connection, token, spent)
    write_refresh_token(connection, token, access_token, link.scopes, previous.token_family)


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
            tell_of_reuse(link.connection)
        return None
    lifetime = refresh_token_expire_timedelta()
    if lifetime is not None and refresh_token.created + lifetime <= timezone.now():
        return None
    # Without its access token it was revoked by other means than ours.
    return _if_usable(link) if refresh_token.access_token_id is not None else None


def _if_usable(link: ConnectionRefreshToken) -> ConnectionRefreshToken | None:
    now = timezone.now()
    usable = link.refresh_token.user.is_active and link.connection.is_live(now)
    return link if usable and not is_worn_out(link.connection, now) else None


def _in_grace(link: ConnectionRefreshToken) -> bool:
    window = timedelta(seconds=configuration().refresh_grace)
    return link.rotated_at is not None and timezone.now() < link.rotated_at + window
