"""Grants without a browser of the client's own: devices that wait for a user, and a user's personal tokens."""

from datetime import datetime

from django.conf import settings
from django.db import models

from oauth_bridge.models.client import Client


class DeviceAuthorization(models.Model):
    """A device that waits for a user's word (RFC 8628); its codes are kept as digests."""

    class State(models.TextChoices):
        PENDING = "pending", "Pending"
        APPROVED = "approved", "Approved"
        DENIED = "denied", "Denied"

    device_code = models.CharField(max_length=64, unique=True)
    user_code = models.CharField(max_length=64, unique=True)
    client = models.ForeignKey(Client, models.CASCADE, related_name="device_authorizations")
    resource = models.CharField(max_length=500)
    scope = models.TextField(blank=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="device_authorizations")
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    interval = models.PositiveSmallIntegerField(help_text="Seconds that the client must wait between two requests.")
    requested_from = models.GenericIPAddressField(null=True, help_text="The address that the device asked from.")
    polled_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"Device of {self.client}"

    def is_expired(self, now: datetime) -> bool:
        return now >= self.expires_at


class UserCodeGuess(models.Model):
    """A user code that somebody typed and no device shows; kept for the minutes in which they are counted."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    address = models.GenericIPAddressField(null=True)
    guessed_at = models.DateTimeField(auto_now_add=True, db_index=True)

    def __str__(self) -> str:
        return f"Guess of {self.user} at {self.guessed_at}"


class PersonalToken(models.Model):
    """An access token that a user made for a script.

    The script is a client of its own with one connection, so that everything that ends access ends it too.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="personal_tokens")
    client = models.OneToOneField(Client, models.CASCADE, related_name="personal_token")
    ending = models.CharField(max_length=4, help_text="Last characters of the token, to tell it by.")
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.client.name
