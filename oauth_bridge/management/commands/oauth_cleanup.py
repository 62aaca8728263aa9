"""`manage.py oauth_cleanup`: what cron runs daily."""

from typing import Any

from django.conf import settings
from django.core.management import BaseCommand
from django.utils.module_loading import import_string

from oauth_bridge.attempts import clear_old_attempts
from oauth_bridge.cleanup import clear_expired_credentials, clear_unused_clients


class Command(BaseCommand):
    """Deletes expired credentials, then the clients that are left without a use, then what other rooms have to."""

    help = "Delete expired tokens, codes and assertions, and clients that nobody uses. Run it daily."

    def handle(self, *args: Any, **options: Any) -> None:
        counts = {**clear_expired_credentials(), "unused clients": clear_unused_clients()}
        counts["attempts to connect"] = clear_old_attempts()
        for path in settings.OAUTH_BRIDGE_MORE_CLEANUP:
            counts |= import_string(path)()
        for kind, count in counts.items():
            self.stdout.write(f"{kind}: {count}")
