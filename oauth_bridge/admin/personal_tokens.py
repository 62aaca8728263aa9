"""Tokens that users made for scripts of their own."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from oauth_bridge.admin.base import USER_SEARCH, OperatedAdmin
from oauth_bridge.admin.ending import end_connections
from oauth_bridge.admin.sections import Section, connection_section
from oauth_bridge.admin.what_ends import ending_with
from oauth_bridge.models import Connection, PersonalToken


@admin.register(PersonalToken)
class PersonalTokenAdmin(OperatedAdmin):
    """Told by their last characters, which is all that is known of them."""

    list_display = ("client", "user", "ending", "created_at")
    list_filter = ("created_at",)
    list_select_related = ("client", "user")
    search_fields = (*USER_SEARCH, "client__name")
    readonly_fields = ("client", "user", "ending", "created_at")
    actions = ("revoke",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Only its user makes one, because nobody else may see it."""
        return False

    def name_of(self, row: PersonalToken) -> str:
        return f"{row} of {row.user}, ending in {row.ending}"

    def connections_of(self, rows: QuerySet[Any]) -> QuerySet[Connection]:
        return Connection.objects.filter(client__personal_token__in=rows.values("pk"))

    def sections(self, request: HttpRequest, obj: PersonalToken) -> list[Section]:
        return [connection_section(Connection.objects.filter(client_id=obj.client_id), client__id__exact=obj.client_id)]

    @admin.action(description="Revoke", permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[PersonalToken]) -> HttpResponse | None:
        then = "The scripts that have them get a 401 from then on. Their users can make new ones."
        if asked := self.ask_first(request, queryset, ending_with(self.connections_of(queryset)), then):
            return asked
        self.carry_out(request, queryset, lambda rows: end_connections(request, self.connections_of(rows)), "Revoked")
        return None
