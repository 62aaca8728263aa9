"""Which codes of authenticator apps were used already."""

from django.conf import settings
from django.db import models


class LastCode(models.Model):
    """The newest code that a user's app was believed for: neither it nor an older one is taken again."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="+")
    period = models.BigIntegerField()
    """Which half minute since 1970 the code was of (T of RFC 6238 §4.2)."""

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.period)
