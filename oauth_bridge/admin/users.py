"""Users: what acts for each, how they sign in, what they linked, and the end of all of it."""

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from accounts.admin import PersonAdmin
from accounts.models import UpstreamAccount, User
from oauth_bridge.admin.base import OperatedAdmin
from oauth_bridge.admin.ending import end_users
from oauth_bridge.admin.sections import Cell, Section, cells, connection_section, count_of, list_of, page_of
from oauth_bridge.admin.what_ends import ending_with
from oauth_bridge.models import Connection
from oauth_bridge.revocation import announce, live_connections

THEN = "Open streams end too. Users can still sign in, and allow clients again: deactivate those who must not."
"""What follows the end of everything that acts for somebody."""

admin.site.unregister(User)


@admin.register(User)
class UserAdmin(OperatedAdmin, PersonAdmin):
    """Users, with what this room knows of them."""

    list_display = ("username", "email", "connection_count", "last_login", "is_active", "is_staff")
    actions = ("revoke", "deactivate", "activate")

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        live = Connection.objects.exclude(state=Connection.State.REVOKED)
        users: QuerySet[User] = super().get_queryset(request)
        return users.annotate(connection_count=count_of(live, "user"))

    @admin.display(description="connections", ordering="connection_count")
    def connection_count(self, user: Any) -> int:
        return int(user.connection_count)

    def has_deactivate_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("oauth_bridge.deactivate_users")

    def name_of(self, row: User) -> str:
        return f"{row} ({row.email})" if row.email else str(row)

    def connections_of(self, rows: QuerySet[Any]) -> QuerySet[Connection]:
        return Connection.objects.filter(user__in=rows.values("pk"))

    def sections(self, request: HttpRequest, obj: User) -> list[Section]:
        return [
            connection_section(Connection.objects.filter(user=obj), user__id__exact=obj.pk),
            sign_in_section(obj),
            upstream_section(obj),
        ]

    def suits(self, action: str, obj: User) -> bool:
        return {"deactivate": obj.is_active, "activate": not obj.is_active}.get(action, True)

    @admin.action(description="Revoke everything of these users", permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[User]) -> HttpResponse | None:
        if asked := self.ask_first(request, queryset, ending_with(self.connections_of(queryset)), THEN):
            return asked
        self.carry_out(request, queryset, lambda rows: end_users(request, rows), "Everything revoked")
        return None

    @admin.action(description="Deactivate: they and what acts for them are refused at once", permissions=["deactivate"])
    def deactivate(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        def switch_off(rows: QuerySet[User]) -> None:
            ids = list(rows.values_list("pk", flat=True))
            rows.update(is_active=False)
            for user_id in ids:
                announce(live_connections(user_id=user_id))

        others = queryset.filter(is_active=True).exclude(username=request.user.get_username())
        chosen = self._within_reach(request, others)
        self.carry_out(request, chosen, switch_off, "Deactivated")

    @admin.action(description="Activate", permissions=["deactivate"])
    def activate(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        chosen = self._within_reach(request, queryset.filter(is_active=False))
        self.carry_out(request, chosen, lambda rows: rows.update(is_active=True), "Activated")

    def _within_reach(self, request: HttpRequest, users: QuerySet[User]) -> QuerySet[User]:
        """Administrators are switched off and on by each other alone."""
        if isinstance(request.user, User) and request.user.is_superuser:
            return users
        if users.filter(is_superuser=True).exists():
            self.message_user(request, "Administrators were left alone: only one may do that.", messages.WARNING)
        return users.filter(is_superuser=False)


def sign_in_section(user: User) -> Section:
    """By what somebody gets in."""
    rows = [cells("password", "", user.last_login)] if user.has_usable_password() else []
    rows += [
        cells(account.provider, Cell(account.uid, page_of(SocialAccount, account.pk)), account.last_login)
        for account in SocialAccount.objects.filter(user=user).order_by("provider", "pk")
    ]
    rows += [
        cells(
            "second factor",
            Cell(factor.get_type_display(), page_of(Authenticator, factor.pk)),
            factor.last_used_at,
        )
        for factor in Authenticator.objects.filter(user=user).order_by("type", "pk")
    ]
    return Section("Sign-in methods", "accounts.view_user", ("by", "which", "last used"), rows, "They cannot sign in.")


def upstream_section(user: User) -> Section:
    """What they linked for tools; the tokens are shown to nobody."""
    rows = [
        cells(
            Cell(str(account), page_of(UpstreamAccount, account.pk)),
            account.scopes,
            account.linked_at,
            account.refreshed_at,
            account.broken_at,
        )
        for account in UpstreamAccount.objects.filter(user=user).order_by("provider")
    ]
    columns = ("account", "scopes", "linked", "refreshed", "refused since")
    more = list_of(UpstreamAccount, user__id__exact=user.pk)
    return Section("Linked accounts", "accounts.view_upstreamaccount", columns, rows, "None.", more)
