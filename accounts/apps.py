"""The accounts app."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
    # In the admin; "Accounts" is what allauth calls its own part.
    verbose_name = "People"

    def ready(self) -> None:
        from accounts import checks, receivers
        from accounts.upstream import checks as upstream_checks

        checks.register()
        upstream_checks.register()
        receivers.connect()
