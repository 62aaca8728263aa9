"""Linked accounts in Django admin: to be seen and removed, never made or changed; the tokens are not shown."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.models import UpstreamAccount
from accounts.upstream.linking import unlink

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[UpstreamAccount]  # generic in the stubs alone
else:
    ModelAdmin = admin.ModelAdmin


@admin.register(UpstreamAccount)
class UpstreamAccountAdmin(ModelAdmin):
    """Which user linked which account, and whether it still works."""

    list_display = ("user", "provider", "name", "linked_at", "refreshed_at", "broken_at")
    list_filter = ("provider",)
    search_fields = ("user__username", "name", "uid")
    fields = readonly_fields = (
        "user",
        "provider",
        "name",
        "uid",
        "scopes",
        "linked_at",
        "refreshed_at",
        "expires_at",
        "broken_at",
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def delete_model(self, request: HttpRequest, obj: UpstreamAccount) -> None:
        """As its user unlinks it: the provider is told."""
        unlink(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[UpstreamAccount]) -> None:
        """The same for several."""
        for account in queryset:
            unlink(account)
