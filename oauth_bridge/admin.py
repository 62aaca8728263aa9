"""Clients, connections and tokens in Django admin: seen, switched off and revoked there."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, Model, QuerySet
from django.http import HttpRequest
from oauth2_provider.models import AccessToken, RefreshToken

from accounts.admin import CascadeAdmin
from oauth_bridge.models import Client, Connection, PersonalToken
from oauth_bridge.revocation import (
    disable_clients,
    pause_connections,
    resume_connections,
    revoke_access_token,
    revoke_connections,
    revoke_family,
)

# Users are found by what identifies them; a token or code is never a search term, because URLs are logged.
USER_SEARCH = ("user__username", "user__email")
CLIENT_SEARCH = ("client_id", "name")


class ClientAdmin(CascadeAdmin):
    """OAuth clients."""

    list_display = (
        "name",
        "client_id",
        "registration_source",
        "client_type",
        "trust",
        "disabled",
        "connection_count",
        "created",
    )
    list_filter = ("registration_source", "client_type", "trust", "disabled", "created")
    search_fields = (*CLIENT_SEARCH, "client_uri", "redirect_uris")
    raw_id_fields = ("user", "acts_as")
    view_on_site = False  # the toolkit's page for it is not mounted
    readonly_fields = ("registration_source", "cimd_expires_at", "metadata", "registered_from", "created", "updated")
    exclude = (
        "skip_authorization",
        "algorithm",
        "allowed_origins",
        "post_logout_redirect_uris",
        "registration_digest",
        "registration_token",
    )
    actions = ("disable", "enable", "revoke")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Client]:
        clients: QuerySet[Client] = super().get_queryset(request)
        return clients.annotate(connection_count=Count("connections"))

    @admin.display(description="connections", ordering="connection_count")
    def connection_count(self, client: Any) -> int:
        return int(client.connection_count)

    @admin.action(description="Disable: tokens stop working at once", permissions=["change"])
    def disable(self, request: HttpRequest, queryset: QuerySet[Client]) -> None:
        messages.success(request, f"Disabled: {disable_clients(_plain(queryset))}.")

    @admin.action(description="Enable", permissions=["change"])
    def enable(self, request: HttpRequest, queryset: QuerySet[Client]) -> None:
        messages.success(request, f"Enabled: {_plain(queryset).update(disabled=False)}.")

    @admin.action(description="Revoke all access", permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[Client]) -> None:
        ended = revoke_connections(Connection.objects.filter(client__in=_plain(queryset)))
        messages.success(request, f"Connections revoked: {ended}.")


@admin.register(Connection)
class ConnectionAdmin(CascadeAdmin):
    """What users let clients do."""

    list_display = (
        "user",
        "client",
        "resource",
        "state",
        "scopes",
        "last_used_at",
        "use_count",
        "created_at",
    )
    list_filter = ("state", "created_at", "last_used_at")
    list_select_related = ("user", "client")
    search_fields = (*USER_SEARCH, "client__client_id", "client__name")
    actions = ("revoke", "pause", "resume")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Only a user's consent makes one."""
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Connection | None = None) -> list[str]:
        """All but the expiry: state changes by the actions, which also end streams and tokens."""
        return [field.name for field in Connection._meta.fields if field.name != "expires_at"]

    @admin.action(description="Revoke, with all tokens", permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[Connection]) -> None:
        messages.success(request, f"Revoked: {revoke_connections(queryset)}.")

    @admin.action(description="Pause", permissions=["change"])
    def pause(self, request: HttpRequest, queryset: QuerySet[Connection]) -> None:
        messages.success(request, f"Paused: {pause_connections(queryset)}.")

    @admin.action(description="Resume", permissions=["change"])
    def resume(self, request: HttpRequest, queryset: QuerySet[Connection]) -> None:
        messages.success(request, f"Resumed: {resume_connections(queryset)}.")


@admin.register(PersonalToken)
class PersonalTokenAdmin(CascadeAdmin):
    """Tokens that users made for scripts of their own."""

    list_display = ("client", "user", "ending", "created_at")
    list_filter = ("created_at",)
    list_select_related = ("client", "user")
    search_fields = (*USER_SEARCH, "client__name")
    readonly_fields = ("client", "user", "ending", "created_at")
    actions = ("revoke",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Only its user makes one, because nobody else may see it."""
        return False

    @admin.action(description="Revoke", permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[PersonalToken]) -> None:
        ended = revoke_connections(Connection.objects.filter(client__personal_token__in=queryset))
        messages.success(request, f"Revoked: {ended}.")


class CredentialAdmin(CascadeAdmin):
    """Tokens and codes: read only, and without anything that could be used."""

    list_select_related = ("user", "application")
    search_fields = (*USER_SEARCH, "application__client_id", "application__name")
    secret_fields: tuple[str, ...] = ()

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Revoking keeps the tombstone that reuse detection needs; a deletion would lose it."""
        return False

    def get_exclude(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        return self.secret_fields

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("oauth_bridge.change_connection")


class AccessTokenAdmin(CredentialAdmin):
    """Access tokens."""

    list_display = ("id", "user", "application", "scope", "expires", "created")
    list_filter = ("expires", "created")
    secret_fields = ("token", "token_checksum")
    actions = ("revoke",)

    @admin.action(description="Revoke, with the grant it came from", permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[AccessToken]) -> None:
        tokens = list(queryset)
        for token in tokens:
            revoke_access_token(token)
        messages.success(request, f"Revoked: {len(tokens)}.")


class RefreshTokenAdmin(CredentialAdmin):
    """Refresh tokens, the revoked ones included."""

    list_display = ("id", "user", "application", "created", "revoked")
    list_filter = ("revoked", "created")
    secret_fields = ("token", "token_checksum")
    actions = ("revoke",)

    @admin.action(description="Revoke, with the grant it came from", permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[RefreshToken]) -> None:
        families = set(queryset.values_list("token_family", flat=True))
        for family in families:
            revoke_family(family)
        messages.success(request, f"Grants revoked: {len(families)}.")


class GrantAdmin(CredentialAdmin):
    """Authorization codes that were not redeemed yet."""

    list_display = ("id", "user", "application", "scope", "expires")
    secret_fields = ("code", "code_challenge", "nonce", "claims")


def _plain(clients: QuerySet[Client]) -> QuerySet[Client]:
    # Without the counts of the list: an aggregate can be neither updated nor nested.
    return Client.objects.filter(pk__in=clients.values("pk"))
