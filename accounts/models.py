"""The site's user."""

from django.contrib.auth.models import AbstractUser


class User(AbstractUser):
    """A person, or a named machine account, that MCP clients may act for."""
