"""The flight recorder: attempts to connect, how far each came, and what stopped it. Nobody changes one."""

from collections.abc import Iterable
from datetime import datetime
from itertools import chain
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest

from accounts.models import User
from oauth_bridge.admin.base import OperatorAdmin
from oauth_bridge.admin.sections import Cell, Section, cells, page_of
from oauth_bridge.models import Client, Connection, ConnectionAttempt
from oauth_bridge.models.attempt import Step

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[ConnectionAttempt]
else:
    ModelAdmin = admin.ModelAdmin

VIEW = "oauth_bridge.view_connectionattempt"

MOST_CLIENTS = 30
"""Clients that the filter names: those that came last."""
LATELY = 500
"""Attempts among which it looks for them."""

CONNECTED = Q(reached=Step.CALL, failed=False)
ENDS = {
    "connected": ("Connected", CONNECTED),
    "failed": ("Failed", Q(failed=True)),
    "unfinished": ("Neither: waits, or was given up", Q(failed=False) & ~CONNECTED),
}

FIELDS: dict[str | None, tuple[str, ...]] = {
    None: ("outcome", "reached", "step", "started_at", "updated_at"),
    "Who": ("client_name", "client_id", "user_name", "address", "user_agent"),
    "To what": ("resource", "connection_id"),
}


class Chosen(admin.SimpleListFilter):
    """A filter by values; another one than those finds nothing."""

    def conditions(self) -> dict[str, Q]:
        """What each value stands for."""
        raise NotImplementedError

    def queryset(self, request: HttpRequest, queryset: QuerySet[ConnectionAttempt]) -> QuerySet[ConnectionAttempt]:
        value = self.value()
        if value is None:
            return queryset
        condition = self.conditions().get(value)
        return queryset.none() if condition is None else queryset.filter(condition)


class EndFilter(Chosen):
    """How it ended."""

    title = "how it ended"
    parameter_name = "end"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(value, words) for value, (words, _) in ENDS.items()]

    def conditions(self) -> dict[str, Q]:
        return {value: condition for value, (_, condition) in ENDS.items()}


class ReachedFilter(Chosen):
    """The furthest step that was done."""

    title = "reached step"
    parameter_name = "reached"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(step.value), str(step.label)) for step in Step]

    def conditions(self) -> dict[str, Q]:
        return {str(step.value): Q(reached=step) for step in Step}


class ClientFilter(admin.SimpleListFilter):
    """Clients by name: installations of one program register as many, and are looked for as one."""

    title = "client"
    parameter_name = "client"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        lately = ConnectionAttempt.objects.order_by("-started_at").values_list("client_name", flat=True)[:LATELY]
        names = [name for name in dict.fromkeys(lately) if name]
        return [(name, name) for name in sorted(names[:MOST_CLIENTS], key=str.lower)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[ConnectionAttempt]) -> QuerySet[ConnectionAttempt]:
        value = self.value()
        if value is None:
            return queryset
        return queryset.none() if "\0" in value else queryset.filter(client_name=value)


@admin.register(ConnectionAttempt)
class ConnectionAttemptAdmin(OperatorAdmin, ModelAdmin):
    """One row for each attempt, the latest first."""

    list_display = ("started_at", "who", "user_name", "reached", "outcome", "address")
    list_display_links = ("started_at", "who")
    list_filter = (EndFilter, ReachedFilter, ClientFilter, "started_at")
    search_fields = ("client_id", "client_name", "user_name", "address", "user_agent", "reason")
    search_help_text = "Client, user, address, user agent, or words of the reason"
    date_hierarchy = "started_at"
    ordering = ("-started_at", "-pk")
    show_full_result_count = False
    fieldsets = [(title, {"fields": fields}) for title, fields in FIELDS.items()]
    readonly_fields = tuple(chain.from_iterable(FIELDS.values()))

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Only who connects makes one."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: ConnectionAttempt | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: ConnectionAttempt | None = None) -> bool:
        """They go by themselves, with their time."""
        return False

    @admin.display(description="client", ordering="client_name")
    def who(self, attempt: ConnectionAttempt) -> str:
        """The client, as far as it said who it is."""
        return attempt.client_name or attempt.client_id or attempt.user_agent or "unknown"

    @admin.display(description="how it ended")
    def outcome(self, attempt: ConnectionAttempt) -> str:
        return attempt.outcome

    def sections(self, request: HttpRequest, obj: ConnectionAttempt) -> Iterable[Section]:
        """The timeline, and what there still is of what it names."""
        steps = [
            cells(
                datetime.fromisoformat(entry["at"]),
                entry["step"],
                "done" if entry["done"] else "refused",
                entry["text"] + (f" ({entry['times']} times)" if "times" in entry else ""),
            )
            for entry in obj.timeline
        ]
        yield Section("What happened", VIEW, ("when", "step", "", "what"), steps)
        named: list[tuple[str, Model | None]] = [
            ("client", Client.objects.filter(client_id=obj.client_id).first() if obj.client_id else None),
            ("user", User.objects.filter(pk=obj.user_id).first() if obj.user_id else None),
            ("connection", Connection.objects.filter(pk=obj.connection_id).first() if obj.connection_id else None),
        ]
        rows = [cells(kind, Cell(str(found), page_of(type(found), found.pk))) for kind, found in named if found]
        yield Section("What there is of it", VIEW, ("", "which"), rows, "Neither client nor user nor connection.")
