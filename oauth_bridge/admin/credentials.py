"""Tokens, codes and waiting devices: read only, without anything that could be used, and revoked there."""

from collections.abc import Callable
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from oauth2_provider.models import AccessToken, Grant, RefreshToken

from accounts.models import User
from oauth_bridge.admin.base import USER_SEARCH, OperatedAdmin
from oauth_bridge.admin.ending import end_users
from oauth_bridge.models import DeviceAuthorization
from oauth_bridge.revocation import (
    revoke_access_token,
    revoke_access_token_alone,
    revoke_family,
    revoke_refresh_token_alone,
)


class CredentialAdmin(OperatedAdmin):
    """What a client holds; its values are digests, and not even those are shown."""

    list_select_related: ClassVar[tuple[str, ...]] = ("user", "application")
    search_fields: ClassVar[tuple[str, ...]] = (*USER_SEARCH, "application__client_id", "application__name")
    secret_fields: ClassVar[tuple[str, ...]] = ()

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Revoking keeps the tombstone that reuse detection needs; a deletion would lose it."""
        return False

    def get_exclude(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        return self.secret_fields

    @admin.action(description="Revoke everything of these users", permissions=["revoke"])
    def revoke_users(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        def end(rows: QuerySet[Any]) -> None:
            end_users(request, User.objects.filter(pk__in=list(rows.values_list("user", flat=True))))

        self.carry_out(request, queryset.filter(user__isnull=False), end, "Everything of their users revoked")


class AccessTokenAdmin(CredentialAdmin):
    """Access tokens."""

    list_display = ("id", "user", "application", "scope", "expires", "created")
    list_filter = ("expires", "created")
    secret_fields = ("token", "token_checksum")
    actions = ("revoke_one", "revoke", "revoke_users")

    @admin.action(description="Revoke this token alone: a refresh token gets the next", permissions=["revoke"])
    def revoke_one(self, request: HttpRequest, queryset: QuerySet[AccessToken]) -> None:
        self.carry_out(request, queryset, each(revoke_access_token_alone), "Revoked alone")

    @admin.action(description="Revoke, with the grant it came from", permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[AccessToken]) -> None:
        self.carry_out(request, queryset, each(revoke_access_token), "Revoked with the grant")


class RefreshTokenAdmin(CredentialAdmin):
    """Refresh tokens, the revoked ones included."""

    list_display = ("id", "user", "application", "token_family", "created", "revoked")
    list_filter = ("revoked", "created")
    secret_fields = ("token", "token_checksum")
    actions = ("revoke_one", "revoke", "revoke_users")

    @admin.action(description="Revoke this token alone: its access token works till it expires", permissions=["revoke"])
    def revoke_one(self, request: HttpRequest, queryset: QuerySet[RefreshToken]) -> None:
        self.carry_out(request, queryset.filter(revoked=None), each(revoke_refresh_token_alone), "Revoked alone")

    @admin.action(description="Revoke the family: the grant it came from", permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[RefreshToken]) -> None:
        def end(rows: QuerySet[RefreshToken]) -> None:
            for family in set(rows.values_list("token_family", flat=True)):
                revoke_family(family)

        self.carry_out(request, queryset, end, "Revoked with the family")


class GrantAdmin(CredentialAdmin):
    """Authorization codes that were not redeemed yet."""

    list_display = ("id", "user", "application", "scope", "expires")
    secret_fields = ("code", "code_challenge", "nonce", "claims")
    actions = ("revoke", "revoke_users")

    @admin.action(description="Revoke: they get no tokens", permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[Grant]) -> None:
        self.carry_out(request, queryset, lambda rows: rows.delete(), "Revoked")


@admin.register(DeviceAuthorization)
class DeviceAuthorizationAdmin(CredentialAdmin):
    """Devices that show a code and wait for a user, or for their tokens."""

    list_display = ("id", "client", "user", "standing", "requested_from", "scope", "expires_at")
    list_filter = ("state", "expires_at")
    list_select_related = ("client", "user")
    search_fields = (*USER_SEARCH, "client__client_id", "client__name", "requested_from")
    secret_fields = ("device_code", "user_code")
    actions = ("revoke", "revoke_users")

    @admin.display(description="state", ordering="state")
    def standing(self, device: DeviceAuthorization) -> str:
        """Its state, or that its time is over."""
        return "Expired" if device.is_expired(timezone.now()) else device.get_state_display()

    @admin.action(description="Revoke: their codes open nothing", permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[DeviceAuthorization]) -> None:
        self.carry_out(request, queryset, lambda rows: rows.delete(), "Revoked")


def each(work: Callable[[Any], object]) -> Callable[[QuerySet[Any]], None]:
    """The same done to one row after the other."""

    def do(rows: QuerySet[Any]) -> None:
        for row in rows:
            work(row)

    return do
