"""Connections: what one user let one client do with one resource."""

from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.db import models
from django.utils import timezone

from oauth_bridge.models.client import Client


class ToolCatalogue(models.Model):
    """Tools as users were shown them when they consented: one row for each different set, shared by connections."""

    digest = models.CharField(max_length=64, primary_key=True, help_text="SHA-256 of the definitions.")
    tools = models.JSONField(help_text="The definitions that clients get, by the tool's name.")
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{len(self.tools)} tools"


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
    label = models.CharField("name", max_length=80, blank=True, help_text="What the user calls it.")
    read_only = models.BooleanField(default=False, help_text="Only tools that read are open, whatever the scopes.")
    catalogue = models.ForeignKey(
        ToolCatalogue,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="connections",
        help_text="The tools as the user last saw them; what changed since is held back.",
    )
    state = models.CharField(max_length=10, choices=State, default=State.ACTIVE)
    suspended = models.BooleanField(
        default=False, help_text="Stopped by an operator: its tokens work again when an operator lets them."
    )
    calls_per_minute = models.PositiveIntegerField(
        null=True, blank=True, help_text="Tool calls that it may make in a minute. As many as it likes, when empty."
    )
    calls_per_day = models.PositiveIntegerField(
        null=True, blank=True, help_text="Tool calls that it may make in a day (UTC). As many as it likes, when empty."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    consented_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True, blank=True, help_text="Access ends then. Never, when empty.")
    revoked_at = models.DateTimeField(
        null=True, blank=True, help_text="The last time; consent may have renewed it since."
    )
    last_used_at = models.DateTimeField(null=True, blank=True)
    use_count = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "client", "resource"], name="one_connection_per_user_client_resource"
            )
        ]
        indexes = [
            models.Index(fields=["consented_at"], name="connection_by_consent"),
            models.Index(fields=["revoked_at"], name="connection_by_revocation"),
        ]
        permissions = [
            ("revoke_access", "Can revoke what acts for users"),
            ("deactivate_users", "Can deactivate and activate users"),
        ]

    def __str__(self) -> str:
        return f"{self.client} for {self.user}"

    @property
    def display_name(self) -> str:
        """What people are shown: the user's own name for it, or the client's."""
        return self.label or self.client.display_name

    @property
    def scope_set(self) -> frozenset[str]:
        return frozenset(self.scopes.split())

    def is_live(self, now: datetime) -> bool:
        """Whether tokens of this connection are good at this moment."""
        acting = self.state == self.State.ACTIVE and not self.suspended
        return acting and (self.expires_at is None or now < self.expires_at)

    @property
    def is_stopped(self) -> bool:
        """Whether somebody stopped it for a time: its user by pausing, or an operator. Consent does not lift that."""
        return self.suspended or self.state == self.State.PAUSED

    @staticmethod
    def join_scopes(scopes: Iterable[str]) -> str:
        """Scopes as they are stored and sent: sorted, separated by spaces."""
        return " ".join(sorted(set(scopes)))
