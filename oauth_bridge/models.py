"""Clients, connections, and the links by which every token belongs to a connection."""

import hashlib
import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from oauth2_provider.models import AbstractApplication

from oauth_bridge.redirect_uris import RedirectURIError, check_redirect_uris, is_registered

REFRESH_TOKEN = "refresh_token"  # noqa: S105  (the name of a grant type, RFC 6749 §6)


class Client(AbstractApplication):
    """An OAuth client: made by an operator, registered by itself, or known by its metadata document."""

    # The person who made a client may leave; the client then stays for everybody else.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        related_name="oauth_clients",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        help_text="Who made this client. Nobody, for a client that registered itself.",
    )
    disabled = models.BooleanField(
        default=False, help_text="Gets no tokens, and the tokens that it has stop working at once."
    )
    client_uri = models.CharField("home page", max_length=2000, blank=True)
    logo_uri = models.CharField("logo", max_length=2000, blank=True)
    policy_uri = models.CharField("privacy policy", max_length=2000, blank=True)
    tos_uri = models.CharField("terms of service", max_length=2000, blank=True)
    contacts = models.JSONField(default=list, blank=True)
    software_id = models.CharField("software ID", max_length=255, blank=True)
    software_version = models.CharField(max_length=255, blank=True)
    scope = models.TextField(blank=True, help_text="Scopes that the client said it may ask for.")
    metadata = models.JSONField(
        default=dict, blank=True, help_text="What else was registered (RFC 7591 §2), as it was granted."
    )

    class Meta:
        verbose_name = "client"

    def __str__(self) -> str:
        return self.name or self.client_id

    @property
    def display_name(self) -> str:
        """What people are shown."""
        return self.name or self.client_id

    @property
    def may_refresh(self) -> bool:
        """Whether it registered for refresh tokens (RFC 7591 §2 `grant_types`)."""
        return REFRESH_TOKEN in self.metadata.get("grant_types", [REFRESH_TOKEN])

    @property
    def fingerprint(self) -> str:
        """Digest of what a person is shown of the client and where it may send them."""
        facts = [
            self.name,
            self.client_uri,
            self.logo_uri,
            self.policy_uri,
            self.tos_uri,
            sorted(self.redirect_uris.split()),
        ]
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()

    def is_usable(self, request: Any) -> bool:
        """Asked by the toolkit before it issues anything and before it accepts a token."""
        return not self.disabled

    def redirect_uri_allowed(self, uri: str) -> bool:
        """Whether a request may name this redirect URI."""
        return is_registered(uri, self.redirect_uris.split())

    def clean(self) -> None:
        super().clean()
        try:
            check_redirect_uris(self.redirect_uris.split())
        except RedirectURIError as error:
            raise ValidationError({"redirect_uris": str(error)}) from error


class Connection(models.Model):
    """What one user let one client do with one resource: the object that a revocation acts on."""

    class State(models.TextChoices):
        ACTIVE = "active", "Active"
        PAUSED = "paused", "Paused"
        REVOKED = "revoked", "Revoked"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="connections")
    client = models.ForeignKey(Client, models.CASCADE, related_name="connections")
    resource = models.CharField(max_length=500, help_text="Canonical URI of the protected resource (RFC 8707).")
    scopes = models.TextField(blank=True, help_text="What the user consented to.")
    redirect_host = models.CharField(max_length=255, blank=True, help_text="Where consent sent the browser.")
    client_fingerprint = models.CharField(
        max_length=64, blank=True, help_text="Digest of the client's metadata at the time of consent."
    )
    state = models.CharField(max_length=10, choices=State, default=State.ACTIVE)
    created_at = models.DateTimeField(auto_now_add=True)
    consented_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True, blank=True, help_text="Access ends then. Never, when empty.")
    last_used_at = models.DateTimeField(null=True, blank=True)
    use_count = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "client", "resource"], name="one_connection_per_user_client_resource"
            )
        ]

    def __str__(self) -> str:
        return f"{self.client} for {self.user}"

    @property
    def scope_set(self) -> frozenset[str]:
        return frozenset(self.scopes.split())

    def is_live(self, now: datetime) -> bool:
        """Whether tokens of this connection are good at this moment."""
        return self.state == self.State.ACTIVE and (self.expires_at is None or now < self.expires_at)

    @staticmethod
    def join_scopes(scopes: Iterable[str]) -> str:
        """Scopes as they are stored and sent: sorted, separated by spaces."""
        return " ".join(sorted(set(scopes)))


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
