"""`manage.py rotate_upstream_keys`: the step between putting a new key first and dropping the old one."""

from typing import Any

from django.core.management import BaseCommand, CommandError

from accounts.upstream.rotation import rotate


class Command(BaseCommand):
    """Encrypts the tokens of all linked accounts with the first key."""

    help = "Encrypt the tokens of all linked accounts with the first of UPSTREAM_KEYS, so that the others can go."

    def handle(self, *args: Any, **options: Any) -> None:
        """Raises CommandError when there are tokens that no key opens."""
        done, unreadable = rotate()
        self.stdout.write(f"encrypted anew: {done}")
        if unreadable:
            raise CommandError(
                f"No key opens {unreadable} more: put the key back that was dropped, and run this again. "
                "Without it, their users have to link anew."
            )
