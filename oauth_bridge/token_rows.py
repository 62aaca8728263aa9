"""The rows of tokens: written as digests, each with the link to its connection."""

import uuid
from datetime import timedelta
from typing import Any

from django.utils import timezone
from oauth2_provider.models import AccessToken, RefreshToken, set_token_value

from oauth_bridge import jwt_tokens
from oauth_bridge.changes import announce_change
from oauth_bridge.models import Connection, ConnectionAccessToken, ConnectionRefreshToken


def write_access_token(
    connection: Connection, token: dict[str, Any], spent: AccessToken | None = None, *, personal: bool = False
) -> AccessToken:
    """Store the access token of a token response, in the format that the operator chose.

    A personal one is always opaque, because it outlives the keys.

    It takes over the row of the one that was spent for it, which stops working with that: half the statements of
    a deletion and an insertion.
    """
    # A scope that was asked for twice is stored and answered once.
    token["scope"] = " ".join(dict.fromkeys(token["scope"].split()))
    now = timezone.now()
    if connection.expires_at is not None:
        token["expires_in"] = min(token["expires_in"], int((connection.expires_at - now).total_seconds()))
    row = spent or AccessToken(
        user_id=connection.user_id, application_id=connection.client_id, resource=[connection.resource]
    )
    row.scope = token["scope"]
    row.expires = now + timedelta(seconds=token["expires_in"])
    if not personal and jwt_tokens.are_on():
        token["access_token"] = jwt_tokens.sign(connection, row.scope, row.expires.timestamp())
    set_token_value(row, token["access_token"])
    if spent is None:
        row.save(force_insert=True)
        ConnectionAccessToken.objects.create(connection=connection, access_token=row)
    else:
        row.created = now
        row.save(force_update=True)
        announce_change(connections=[connection.pk])
    return row


def write_refresh_token(
    connection: Connection,
    token: dict[str, Any],
    access_token: AccessToken,
    scopes: str,
    family: uuid.UUID | None = None,
) -> RefreshToken:
    """Store the refresh token of a token response, in the family of the one it came from or a new one."""
    row = RefreshToken(
        user_id=connection.user_id,
        application_id=connection.client_id,
        access_token=access_token,
        token_family=family or uuid.uuid4(),
        resource=[connection.resource],
    )
    set_token_value(row, token["refresh_token"])
    row.save(force_insert=True)
    ConnectionRefreshToken.objects.create(connection=connection, refresh_token=row, scopes=scopes)
    return row


def spend(link: ConnectionRefreshToken) -> AccessToken | None:
    """Mark a refresh token as exchanged; returns its access token, which nothing refers to any more."""
    row = link.refresh_token
    access_token = row.access_token
    now = timezone.now()
    RefreshToken.objects.filter(pk=row.pk).update(revoked=now, access_token=None, updated=now)
    ConnectionRefreshToken.objects.filter(pk=link.pk).update(rotated_at=now)
    return access_token
