"""`manage.py oauth_cleanup`: what cron runs daily."""

from typing import Any

from django.core.management import BaseCommand

from oauth_bridge.cleanup import clear_expired_credentials, clear_unused_clients


class Command(BaseCommand):
    """Deletes expired credentials, then the clients that are left without a use."""

    help = "Delete expired tokens, codes and assertions, and clients that nobody uses. Run it daily."

    def handle(self, *args: Any, **options: Any) -> None:
        counts = {**clear_expired_credentials(), "unused clients": clear_unused_clients()}
        for kind, count in counts.items():
            self.stdout.write(f"{kind}: {count}")
