"""Tokens, codes and waiting devices: read only, without anything that could be used, and revoked there."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Exists, Model, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from oauth2_provider.models import AccessToken, Grant, RefreshToken

from accounts.models import User
from oauth_bridge.admin.base import USER_SEARCH, OperatedAdmin, write_history
from oauth_bridge.admin.ending import end_users
from oauth_bridge.admin.sections import Section, connection_section
from oauth_bridge.admin.what_ends import counted, ending_with, ending_with_families, without_none
from oauth_bridge.models import Connection, DeviceAuthorization
from oauth_bridge.revocation import (
    revoke_access_token,
    revoke_access_token_alone,
    revoke_family,
    revoke_refresh_token_alone,
)

THEN_ONE = "Its connection goes on where a refresh token can get the next one, and ends where there is none."
THEN_REFRESH = "The access token beside it works until it expires; then its user has to consent anew."
THEN_GRANT = "Open streams end too. A connection that has no other grant ends with it, and needs consent anew."
THEN_CODE = "Whoever waits for tokens gets none, and has to ask the user again."
THEN_USERS = "Open streams end too. The users can still sign in, and allow clients again."


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

    def sections(self, request: HttpRequest, obj: Any) -> list[Section]:
        """The connection that it is of, where the user and the client meet."""
        theirs = self.connections_of(self.model._default_manager.filter(pk=obj.pk))
        return [replace(connection_section(theirs), empty="None.", more="")]

    def name_of(self, row: Any) -> str:
        client = row.client if isinstance(row, DeviceAuthorization) else row.application
        return f"{row}: {client} for {row.user or 'nobody yet'}"

    def end(self, request: HttpRequest, rows: QuerySet[Any], work: Callable[[QuerySet[Any]], object], did: str) -> None:
        """Do it, and write it into the history of the connections too: their pages outlive those of tokens."""

        def do(rows: QuerySet[Any]) -> None:
            theirs = list(self.connections_of(rows))
            work(rows)
            write_history(request, theirs, f"{did}: {self.opts.verbose_name}")

        self.carry_out(request, rows, do, did)

    @admin.action(description="Revoke everything of these users", permissions=["revoke"])
    def revoke_users(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        rows = queryset.filter(user__isnull=False)
        users = User.objects.filter(pk__in=list(rows.values_list("user", flat=True)))
        ends = [counted(users, str), *ending_with(Connection.objects.filter(user__in=users))]
        if asked := self.ask_first(request, rows, ends, THEN_USERS):
            return asked

        def end(_: QuerySet[Any]) -> None:
            end_users(request, users)
            write_history(request, users, "Everything revoked")

        self.carry_out(request, rows, end, "Everything of their users revoked")
        return None


class AccessTokenAdmin(CredentialAdmin):
    """Access tokens."""

    list_display = ("id", "user", "application", "scope", "expires", "created")
    list_filter = ("expires", "created")
    secret_fields = ("token", "token_checksum")
    actions = ("revoke_one", "revoke", "revoke_users")

    def connections_of(self, rows: QuerySet[Any]) -> QuerySet[Connection]:
        return Connection.objects.filter(access_token_links__access_token__in=rows.values("pk")).distinct()

    @admin.action(description="Revoke this token alone: a refresh token gets the next", permissions=["revoke"])
    def revoke_one(self, request: HttpRequest, queryset: QuerySet[AccessToken]) -> HttpResponse | None:
        if asked := self.ask_first(request, queryset, [counted(queryset)], THEN_ONE):
            return asked
        self.end(request, queryset, each(revoke_access_token_alone), "Revoked alone")
        return None

    @admin.action(description="Revoke, with the grant it came from", permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[AccessToken]) -> HttpResponse | None:
        families = RefreshToken.objects.filter(access_token__in=queryset.values("pk")).values("token_family")
        if asked := self.ask_first(request, queryset, ending_with_families(families, queryset), THEN_GRANT):
            return asked
        self.end(request, queryset, each(revoke_access_token), "Revoked with the grant")
        return None


class RefreshTokenAdmin(CredentialAdmin):
    """Refresh tokens, the revoked ones included."""

    list_display = ("id", "user", "application", "token_family", "created", "revoked")
    list_filter = ("revoked", "created")
    secret_fields = ("token", "token_checksum")
    actions = ("revoke_one", "revoke", "revoke_users")

    def connections_of(self, rows: QuerySet[Any]) -> QuerySet[Connection]:
        return Connection.objects.filter(refresh_token_links__refresh_token__in=rows.values("pk")).distinct()

    def suits(self, action: str, obj: RefreshToken) -> bool:
        return action != "revoke_one" or obj.revoked is None

    @admin.action(description="Revoke this token alone: its access token works till it expires", permissions=["revoke"])
    def revoke_one(self, request: HttpRequest, queryset: QuerySet[RefreshToken]) -> HttpResponse | None:
        rows = queryset.filter(revoked=None)
        if asked := self.ask_first(request, rows, without_none(counted(rows)), THEN_REFRESH):
            return asked
        self.end(request, rows, each(revoke_refresh_token_alone), "Revoked alone")
        return None

    @admin.action(description="Revoke the family: the grant it came from", permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[RefreshToken]) -> HttpResponse | None:
        def end(rows: QuerySet[RefreshToken]) -> None:
            for family in set(rows.values_list("token_family", flat=True)):
                revoke_family(family)

        ends = ending_with_families(queryset.values("token_family"), AccessToken.objects.none())
        if asked := self.ask_first(request, queryset, ends, THEN_GRANT):
            return asked
        self.end(request, queryset, end, "Revoked with the family")
        return None


class GrantAdmin(CredentialAdmin):
    """Authorization codes that were not redeemed yet."""

    list_display = ("id", "user", "application", "scope", "expires")
    secret_fields = ("code", "code_challenge", "nonce", "claims")
    actions = ("revoke", "revoke_users")

    def connections_of(self, rows: QuerySet[Any]) -> QuerySet[Connection]:
        same = rows.filter(user=OuterRef("user"), application=OuterRef("client"))
        return Connection.objects.filter(Exists(same))

    @admin.action(description="Revoke: they get no tokens", permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[Grant]) -> HttpResponse | None:
        if asked := self.ask_first(request, queryset, [counted(queryset)], THEN_CODE):
            return asked
        self.carry_out(request, queryset, lambda rows: rows.delete(), "Revoked")
        return None


@admin.register(DeviceAuthorization)
class DeviceAuthorizationAdmin(CredentialAdmin):
    """Devices that show a code and wait for a user, or for their tokens."""

    list_display = ("id", "client", "user", "standing", "requested_from", "scope", "expires_at")
    list_filter = ("state", "expires_at")
    list_select_related = ("client", "user")
    search_fields = (*USER_SEARCH, "client__client_id", "client__name", "requested_from")
    secret_fields = ("device_code", "user_code")
    actions = ("revoke", "revoke_users")

    def connections_of(self, rows: QuerySet[Any]) -> QuerySet[Connection]:
        return Connection.objects.filter(Exists(rows.filter(user=OuterRef("user"), client=OuterRef("client"))))

    @admin.display(description="state", ordering="state")
    def standing(self, device: DeviceAuthorization) -> str:
        """Its state, or that its time is over."""
        return "Expired" if device.is_expired(timezone.now()) else device.get_state_display()

    @admin.action(description="Revoke: their codes open nothing", permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[DeviceAuthorization]) -> HttpResponse | None:
        if asked := self.ask_first(request, queryset, [counted(queryset)], THEN_CODE):
            return asked
        self.carry_out(request, queryset, lambda rows: rows.delete(), "Revoked")
        return None


def each(work: Callable[[Any], object]) -> Callable[[QuerySet[Any]], None]:
    """The same done to one row after the other."""

    def do(rows: QuerySet[Any]) -> None:
        for row in rows:
            work(row)

    return do
