"""Accounts that users have elsewhere and linked for tools: whose each is, and its sealed tokens."""

from django.conf import settings
from django.db import models
from django.utils import timezone


class UpstreamAccount(models.Model):
    """An account at a provider that a user linked, so that tools may act there in their name."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="upstream_accounts")
    provider = models.CharField(max_length=64)
    uid = models.CharField("id at the provider", max_length=191)
    name = models.CharField(max_length=200, blank=True)
    scopes = models.TextField(blank=True)
    sealed = models.TextField(editable=False)
    """Both tokens, encrypted for this user and provider; see `accounts.upstream.vault`."""
    expires_at = models.DateTimeField(null=True, blank=True)
    """When the access token ends; null when the provider did not say."""
    linked_at = models.DateTimeField(default=timezone.now)
    refreshed_at = models.DateTimeField(null=True, blank=True)
    broken_at = models.DateTimeField(null=True, blank=True)
    """When the provider refused the tokens for good: the user has to link again."""
    lease = models.CharField(max_length=32, blank=True, editable=False)
    """Who is refreshing now; holds over all processes until `lease_until`."""
    lease_until = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "provider"], name="upstream_one_per_user"),
            models.UniqueConstraint(fields=["provider", "uid"], name="upstream_one_user_each"),
        ]

    def __str__(self) -> str:
        return f"{self.name or self.uid} at {self.provider}"

    @property
    def scope_set(self) -> list[str]:
        """The scopes that were asked for, in a steady order."""
        return sorted(self.scopes.split())
