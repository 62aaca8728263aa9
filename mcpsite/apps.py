"""The site as a Django app: it brings the checks and commands that belong to no room."""

from django.apps import AppConfig


class SiteConfig(AppConfig):
    name = "mcpsite"
    verbose_name = "This site"

    def ready(self) -> None:
        from mcpsite import checks

        checks.register()
