"""What the site itself adds to the admin and to the database."""

from django.db import models

from mcpsite.shared_state import CACHE_TABLE


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


class CacheRow(models.Model):
    """The table of Django's database cache, made by a migration so that nobody has to run `createcachetable`."""

    cache_key = models.CharField(max_length=255, primary_key=True)
    value = models.TextField()
    expires = models.DateTimeField(db_index=True)

    class Meta:
        db_table = CACHE_TABLE
        default_permissions = ()

    def __str__(self) -> str:
        return self.cache_key
