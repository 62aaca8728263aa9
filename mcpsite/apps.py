"""The site as a Django app: it brings the checks and commands that belong to no room."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class SiteConfig(AppConfig):
    name = "mcpsite"
    verbose_name = "This site"

    def ready(self) -> None:
        from mcpsite import checks, roles

        checks.register()
        post_migrate.connect(roles.make_roles, sender=self, dispatch_uid="mcpsite.roles")
