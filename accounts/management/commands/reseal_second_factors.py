"""`manage.py reseal_second_factors`: the step between a new SECRET_KEY and dropping the old one."""

from typing import Any

from django.core.management import BaseCommand, CommandError

from accounts.sealing import UnreadableError
from accounts.second_factor import reseal


class Command(BaseCommand):
    """Seals second factors with the key of today."""

    help = "Seal the secrets of second factors with SECRET_KEY, so that SECRET_KEY_FALLBACKS can go."

    def handle(self, *args: Any, **options: Any) -> None:
        """Raises CommandError when one was sealed with a key that is gone."""
        try:
            count = reseal()
        except UnreadableError:
            raise CommandError(
                "A second factor was sealed with a key that is gone: put it back into SECRET_KEY_FALLBACKS and run "
                "this again, or delete that authenticator in admin. Nothing was changed."
            ) from None
        self.stdout.write(f"sealed anew: {count}")
