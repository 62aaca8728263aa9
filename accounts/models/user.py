"""The site's user."""

from django.contrib.auth.models import AbstractUser

from accounts.conf import local_passwords


class User(AbstractUser):
    """A person, or a named machine account, that MCP clients may act for."""

    def has_usable_password(self) -> bool:
        """Nobody has one where local passwords are off, whatever was stored while they were on."""
        return local_passwords() and super().has_usable_password()

    def check_password(self, raw_password: str | None) -> bool:
        """Whether this is their password; never where local passwords are off, whichever backend asks."""
        return local_passwords() and super().check_password(raw_password)

    async def acheck_password(self, raw_password: str | None) -> bool:
        """The same for asynchronous callers."""
        return local_passwords() and await super().acheck_password(raw_password)
