"""Users: what acts for each, how they sign in, what they linked, and the end of all of it."""

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.admin import PersonAdmin
from accounts.models import UpstreamAccount, User
from oauth_bridge.admin.base import OperatorAdmin
from oauth_bridge.admin.ending import end_users
from oauth_bridge.admin.sections import Cell, Section, cells, connection_section, list_of, page_of
from oauth_bridge.models import Connection
from oauth_bridge.revocation import announce, live_connections

admin.site.unregister(User)


@admin.register(User)
class UserAdmin(OperatorAdmin, PersonAdmin):
    """Users, with what this room knows of them."""

    actions = ("revoke", "deactivate", "activate")

    def has_deactivate_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("oauth_bridge.deactivate_users")

    def sections(self, request: HttpRequest, obj: User) -> list[Section]:
        return [
            connection_section(Connection.objects.filter(user=obj), user__id__exact=obj.pk),
            sign_in_section(obj),
            upstream_section(obj),
        ]

    def suits(self, action: str, obj: User) -> bool:
        return {"deactivate": obj.is_active, "activate": not obj.is_active}.get(action, True)

    @admin.action(description="Revoke everything of these users", permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        self.carry_out(request, queryset, lambda rows: end_users(request, rows), "Everything revoked")

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
