"""The accounts app."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from accounts import checks, receivers
        from accounts.upstream import checks as upstream_checks

        checks.register()
        upstream_checks.register()
        receivers.connect()
