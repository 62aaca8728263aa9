"""The site as a Django app: it brings the checks and commands that belong to no room."""

from django.apps import AppConfig


class SiteConfig(AppConfig):
    name = "mcpsite"

    def ready(self) -> None:
        from mcpsite import checks

        checks.register()
