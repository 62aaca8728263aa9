"""The page "What would this user see through this client?" of a connection."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from oauth_bridge.admin.base import OperatedAdmin
from oauth_bridge.models import Connection
from oauth_bridge.sight import shut_out, sighted

TITLE = "What would this user see through this client?"


class SightAdmin(OperatedAdmin):
    """Adds the page to a connection's own."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.sight)
        return [path("<int:pk>/sight/", view, name="oauth_bridge_connection_sight"), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        link = (
            (TITLE, reverse("admin:oauth_bridge_connection_sight", args=[object_id])) if object_id.isdigit() else None
        )
        context = {**(extra_context or {}), "page_links": [link] if link else []}
        return super().change_view(request, object_id, form_url, context)

    def sight(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Everything of the resource: what is given, and why the rest is not. Changes nothing and counts no use."""
        found = Connection.objects.select_related("user", "client", "catalogue").filter(pk=pk).first()
        if not self.has_view_permission(request, found):
            raise PermissionDenied
        if found is None:
            raise Http404
        closed = shut_out(found, timezone.now())
        entries = sighted(found)
        context = {
            **self.admin_site.each_context(request),
            "title": TITLE,
            "opts": self.opts,
            "connection": found,
            "closed": closed,
            "given": [] if closed else [entry for entry in entries if entry.is_given],
            "hidden": [entry for entry in entries if closed or not entry.is_given],
        }
        return TemplateResponse(request, "admin/oauth_bridge/connection/sight.html", context)
