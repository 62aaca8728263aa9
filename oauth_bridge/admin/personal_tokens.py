"""Tokens that users made for scripts of their own."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from oauth_bridge.admin.base import USER_SEARCH, OperatedAdmin
from oauth_bridge.admin.ending import end_connections
from oauth_bridge.admin.sections import Section, connection_section
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

    def sections(self, request: HttpRequest, obj: PersonalToken) -> list[Section]:
        connections = Connection.objects.filter(client_id=obj.client_id)
        return [connection_section(connections, client__id__exact=obj.client_id)]

    @admin.action(description="Revoke", permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[PersonalToken]) -> None:
        def end(rows: QuerySet[PersonalToken]) -> None:
            end_connections(request, Connection.objects.filter(client__personal_token__in=rows))

        self.carry_out(request, queryset, end, "Revoked")
