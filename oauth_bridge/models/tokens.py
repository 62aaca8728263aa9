"""The links by which every token belongs to a connection, and the credentials that were spent."""

from django.conf import settings
from django.db import models

from oauth_bridge.models.connection import Connection


class ConnectionAccessToken(models.Model):
    """The connection that an access token belongs to."""

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="access_token_links")
    access_token = models.OneToOneField(
        settings.OAUTH2_PROVIDER_ACCESS_TOKEN_MODEL, models.CASCADE, related_name="connection_link"
    )

    def __str__(self) -> str:
        return f"Access token #{self.access_token_id}"


class ConnectionRefreshToken(models.Model):
    """The connection that a refresh token belongs to, and when it was exchanged for its successor."""

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="refresh_token_links")
    refresh_token = models.OneToOneField(
        settings.OAUTH2_PROVIDER_REFRESH_TOKEN_MODEL, models.CASCADE, related_name="connection_link"
    )
    scopes = models.TextField(blank=True, help_text="What the grant allows; an access token may carry less.")
    rotated_at = models.DateTimeField(
        null=True,
        help_text="The grace window counts from here. Empty when it was never used, or was revoked.",
    )

    def __str__(self) -> str:
        return f"Refresh token #{self.refresh_token_id}"


class RedeemedCode(models.Model):
    """An authorization code that was used, so that its replay can end what it issued (RFC 6749 §4.1.2)."""

    digest = models.CharField(max_length=64, unique=True)
    connection = models.ForeignKey(Connection, models.CASCADE, related_name="redeemed_codes")
    access_token = models.ForeignKey(
        settings.OAUTH2_PROVIDER_ACCESS_TOKEN_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    token_family = models.UUIDField(null=True)
    redeemed_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"Code redeemed at {self.redeemed_at}"


class SpentAssertion(models.Model):
    """A client assertion that was used, so that it cannot be used again (RFC 7523 §3, item 7)."""

    digest = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"Assertion good until {self.expires_at}"
