"""A note that belongs to one person."""

from django.conf import settings
from django.db import models


class Note(models.Model):
    """A short text that only its owner reads."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notes")
    text = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        indexes = [models.Index(fields=["owner", "-created_at"], name="note_owner_newest")]

    def __str__(self) -> str:
        return self.text[:60]

    @property
    def uri(self) -> str:
        """URI under which MCP clients read this note."""
        return f"notes://{self.pk}"
