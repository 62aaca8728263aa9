"""The admin with what an operator comes for first."""

from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest

FIRST = ("oauth_bridge", "mcp_endpoint", "mcpsite", "accounts", "oauth2_provider")
"""Labels of apps, in the order of their sections; the others follow by name."""


class OperatorsAdmin(AdminSite):
    """Django's admin site in an order of ours."""

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """The sections of the front page and of the sidebar."""
        found = super().get_app_list(request, app_label)
        return sorted(found, key=lambda app: FIRST.index(app["app_label"]) if app["app_label"] in FIRST else len(FIRST))


class OperatorsAdminConfig(AdminConfig):
    """Makes it the site that `django.contrib.admin.site` is."""

    default_site = "mcpsite.admin_site.OperatorsAdmin"
