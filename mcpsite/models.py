"""What the site itself adds to the admin; nothing of it is stored."""

from django.db import models


class NoRows(models.Manager["Doctor"]):
    """Answers without asking the database, so that `dumpdata` passes over what has no table."""

    def get_queryset(self) -> models.QuerySet["Doctor"]:
        return super().get_queryset().none()


class Doctor(models.Model):
    """Gives the doctor's page its place in the admin, and its permission. There is no table."""

    objects = NoRows()

    class Meta:
        managed = False
        base_manager_name = "objects"
        default_permissions = ()
        permissions = [("run_doctor", "Can run the doctor")]
        verbose_name = verbose_name_plural = "doctor"

    def __str__(self) -> str:
        return "doctor"
