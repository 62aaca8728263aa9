"""Connections as their user sees them, and every way to limit one."""

from typing import Any

from django.contrib import admin
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from oauth_bridge.admin.base import USER_SEARCH
from oauth_bridge.admin.connection_form import BUDGET, ConnectionForm, save_limits
from oauth_bridge.admin.ending import end_connections
from oauth_bridge.admin.sections import Section, call_section, cells
from oauth_bridge.admin.sight import SightAdmin
from oauth_bridge.admin.what_ends import ending_with
from oauth_bridge.models import Connection
from oauth_bridge.overview import Overview
from oauth_bridge.recent_calls import recent_calls
from oauth_bridge.revocation import release_connections, revoke_connections, suspend_connections

LIMITS = ("scopes", "read_only", "expires_at", *BUDGET)
"""What an operator decides about."""


@admin.register(Connection)
class ConnectionAdmin(SightAdmin):
    """What users let clients do."""

    form = ConnectionForm
    list_display = ("user", "client", "label", "status", "scopes", "last_used_at", "use_count", "created_at")
    list_filter = ("state", "suspended", "read_only", "created_at", "last_used_at", "resource")
    list_select_related = ("user", "client__personal_token")
    search_fields = (*USER_SEARCH, "client__client_id", "client__name", "label", "redirect_host")
    search_help_text = "User, client, name, host that consent sent the browser to"
    ordering = ("-created_at",)
    actions = ("pause", "resume", "revoke")
    readonly_fields = (
        "status",
        "user",
        "client",
        "resource",
        "label",
        "redirect_host",
        "client_changed",
        "created_at",
        "consented_at",
        "last_used_at",
        "use_count",
    )
    fieldsets = [
        (None, {"fields": ("user", "client", "label", "status")}),
        ("What it may do", {"fields": ("resource", *LIMITS)}),
        ("Use", {"fields": ("last_used_at", "use_count")}),
        ("Consent", {"fields": ("created_at", "consented_at", "redirect_host", "client_changed")}),
    ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Only a user's consent makes one."""
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Connection | None = None) -> Any:
        """One that has ended cannot be made less of."""
        if obj is not None and Overview(obj, timezone.now()).has_ended:
            return (*self.readonly_fields, *LIMITS)
        return self.readonly_fields

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[str]]:
        """Tokens do not hang on a connection in the database; they end with it all the same."""
        _, _, lacking, protected = super().get_deleted_objects(objs, request)
        ends = ending_with(Connection.objects.filter(pk__in=[each.pk for each in objs]))
        return [*map(str, objs)], {each.what: each.count for each in ends if not each.names}, lacking, protected

    def delete_model(self, request: HttpRequest, obj: Connection) -> None:
        self.delete_queryset(request, Connection.objects.filter(pk=obj.pk))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Connection]) -> None:
        """Tokens and codes first: left behind, a code would find no connection, and the next consent would serve it."""
        with transaction.atomic():
            chosen = self.connections_of(queryset)
            revoke_connections(chosen)
            chosen.delete()

    @admin.display(description="state", ordering="state")
    def status(self, connection: Connection) -> str:
        return Overview(connection, timezone.now()).status

    @admin.display(description="client since then")
    def client_changed(self, connection: Connection) -> str:
        """Whether the client says the same of itself as at consent."""
        if not connection.client_fingerprint:
            return "not known"
        same = connection.client_fingerprint == connection.client.fingerprint
        return "describes itself as it did at consent" if same else "describes itself in another way"

    def save_model(self, request: HttpRequest, obj: Connection, form: Any, change: bool) -> None:
        """By the ways that also end streams."""
        save_limits(obj, form.changed_data)

    def connections_of(self, rows: QuerySet[Any]) -> QuerySet[Connection]:
        return Connection.objects.filter(pk__in=list(rows.values_list("pk", flat=True)))

    def sections(self, request: HttpRequest, obj: Connection) -> list[Section]:
        shown = Overview(obj, timezone.now())
        rows = [
            cells(scope.name, scope.description, ", ".join(tool.name for tool in scope.tools)) for scope in shown.scopes
        ]
        columns = ("scope", "opens", "tools")
        scopes = Section("Scopes and their tools", "oauth_bridge.view_connection", columns, rows, "It has none.")
        return [scopes, call_section(recent_calls(obj.pk), f"connection_id__exact={obj.pk}")]

    def suits(self, action: str, obj: Connection) -> bool:
        return {
            "pause": obj.state != Connection.State.REVOKED and not obj.suspended,
            "resume": obj.suspended,
            "revoke": obj.state != Connection.State.REVOKED,
        }.get(action, True)

    @admin.action(description="Pause: its user cannot resume it", permissions=["change"])
    def pause(self, request: HttpRequest, queryset: QuerySet[Connection]) -> None:
        running = queryset.exclude(state=Connection.State.REVOKED).filter(suspended=False)
        self.carry_out(request, running, suspend_connections, "Paused")

    @admin.action(description="Resume what an operator paused", permissions=["change"])
    def resume(self, request: HttpRequest, queryset: QuerySet[Connection]) -> None:
        self.carry_out(request, queryset.filter(suspended=True), release_connections, "Resumed")

    @admin.action(description="Revoke, with all tokens", permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[Connection]) -> HttpResponse | None:
        chosen = self.connections_of(queryset)
        then = "Open streams end too, and the next request gets a 401. Only its user's consent opens it again."
        if asked := self.ask_first(request, queryset, ending_with(chosen), then):
            return asked
        self.message_user(request, f"Revoked: {end_connections(request, chosen)}.")
        return None
