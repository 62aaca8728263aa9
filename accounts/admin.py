"""Users in Django admin."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.http import HttpRequest

from accounts.models import User

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]  # generic in the stubs alone
    Users = UserAdmin[User]
else:
    ModelAdmin = admin.ModelAdmin
    Users = UserAdmin


class CascadeAdmin(ModelAdmin):
    """Who may delete a row may delete what belongs to it.

    Without this a user or client that was ever given a token could not be deleted: tokens have no deletion of
    their own, and Django asks for it.
    """

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[str]]:
        listed, counts, _, protected = super().get_deleted_objects(objs, request)
        return listed, dict(counts), set(), list(protected)


@admin.register(User)
class PersonAdmin(CascadeAdmin, Users):
    """Users; deactivating one ends all access that was given in their name."""
