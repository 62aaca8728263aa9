"""Filters of the operator's lists."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from oauth_bridge.models import Client

Source = Client.RegistrationSource
PERSONAL = "token"
ORIGINS = {
    Source.MANUAL.value: "operator",
    Source.DCR.value: "registration",
    Source.CIMD.value: "metadata document",
    PERSONAL: "personal token",
}


def origin_of(client: Client) -> str:
    """How a client came, in words."""
    if hasattr(client, "personal_token"):
        return ORIGINS[PERSONAL]
    return ORIGINS.get(client.registration_source, client.registration_source)


class OriginFilter(admin.SimpleListFilter):
    """How clients came. A personal token is a client too, made by its user."""

    title = "how it came"
    parameter_name = "origin"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(ORIGINS.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Client]) -> QuerySet[Client]:
        value = self.value()
        if value is None:
            return queryset
        if value == PERSONAL:
            return queryset.filter(personal_token__isnull=False)
        return queryset.filter(personal_token__isnull=True, registration_source=value)
