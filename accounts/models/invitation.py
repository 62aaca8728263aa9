"""Addresses that an operator lets in, where sign-up is not open to everybody."""

from datetime import datetime, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone

GOOD_FOR = timedelta(days=14)


def in_two_weeks() -> datetime:
    """When an invitation ends that says nothing else."""
    return timezone.now() + GOOD_FOR


class InvitationQuerySet(models.QuerySet["Invitation"]):
    """Invitations, by what they are good for."""

    def open(self) -> "InvitationQuerySet":
        """Those that somebody can still sign up by."""
        return self.filter(accepted_at=None, expires_at__gt=timezone.now())


class Invitation(models.Model):
    """One person may sign up with this address, once, when it was shown to be theirs."""

    email = models.EmailField("e-mail address", unique=True)
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )
    created_at = models.DateTimeField("made", auto_now_add=True)
    expires_at = models.DateTimeField("good until", default=in_two_weeks)
    accepted_at = models.DateTimeField("accepted", null=True, blank=True, editable=False)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )

    objects = InvitationQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.email

    def clean(self) -> None:
        """Addresses are kept and compared in lower case, as allauth keeps those of users."""
        self.email = self.email.lower()
        if Invitation.objects.filter(email=self.email).exclude(pk=self.pk).exists():
            raise ValidationError({"email": "This address was invited already: renew that invitation."})
