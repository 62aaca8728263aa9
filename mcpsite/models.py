"""What the site itself adds to the admin; nothing of it is stored."""

from django.db import models


class Doctor(models.Model):
    """Gives the doctor's page its place in the admin, and its permission. There is no table."""

    class Meta:
        managed = False
        default_permissions = ()
        permissions = [("run_doctor", "Can run the doctor")]
        verbose_name = verbose_name_plural = "doctor"

    def __str__(self) -> str:
        return "doctor"
