"""Clients: where each came from, what hangs on it, and every way to limit it."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import DateTimeField, Max, OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from oauth2_provider.generators import generate_client_secret
from oauth2_provider.models import AccessToken

from accounts.models import User
from oauth_bridge.admin.base import OperatedAdmin, write_history
from oauth_bridge.admin.client_form import ClientForm
from oauth_bridge.admin.ending import end_clients
from oauth_bridge.admin.filters import OriginFilter, origin_of
from oauth_bridge.admin.sections import Section, call_section, connection_section, count_of
from oauth_bridge.admin.what_ends import Ending, ending_with
from oauth_bridge.models import Client, Connection
from oauth_bridge.recent_calls import recent_calls_of_client
from oauth_bridge.revocation import disable_clients
from oauth_bridge.trust import is_client_let_in, standing

DECIDED = ("trust", "disabled")
"""What an operator decides of a client that described itself; the other fields are its own words."""

STANDINGS = {"approved": "approved", "domain": "known by its domain", "unverified": "not checked"}

WHO = ("name", *DECIDED)
GIVEN = ("client_type", "authorization_grant_type", "redirect_uris", "scope", "acts_as")
KEYS = ("jwks", "jwks_uri")
ASKS = ("may_introspect", "introspects")
ABOUT = ("client_uri", "logo_uri", "policy_uri", "tos_uri", "contacts", "software_id", "software_version")
ORIGIN = ("origin", "registered_from", "user", "created", "updated")


class ClientAdmin(OperatedAdmin):
    """OAuth clients."""

    form = ClientForm
    list_display = (
        "__str__",
        "client_id",
        "origin",
        "trusted",
        "connection_count",
        "token_count",
        "last_used",
        "state",
    )
    list_filter = (OriginFilter, "trust", "disabled", "client_type", "created")
    search_fields = ("client_id", "name", "client_uri", "redirect_uris", "contacts")
    search_help_text = "Name, client ID, host of a redirect URI, contact"
    ordering = ("-created",)
    view_on_site = False  # the toolkit's page for it is not mounted
    actions = ("approve", "disapprove", "disable", "enable", "revoke", "renew_secret")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Client]:
        """With the figures of the list, each counted for the rows of a page alone."""
        tokens = AccessToken.objects.filter(expires__gt=timezone.now())
        live = Connection.objects.exclude(state=Connection.State.REVOKED)
        clients: QuerySet[Client] = super().get_queryset(request)
        return clients.select_related("personal_token", "acts_as").annotate(
            connection_count=count_of(live, "client"),
            token_count=count_of(tokens, "application"),
            last_used=Subquery(
                Connection.objects.filter(client=OuterRef("pk"))
                .order_by()
                .values("client")
                .values_list(Max("last_used_at")),
                output_field=DateTimeField(),
            ),
        )

    @admin.display(description="how it came", ordering="registration_source")
    def origin(self, client: Client) -> str:
        return origin_of(client)

    @admin.display(description="trust", ordering="trust")
    def trusted(self, client: Client) -> str:
        """What users are told of it, whatever that comes from."""
        return STANDINGS[standing(client)]

    @admin.display(description="connections", ordering="connection_count")
    def connection_count(self, client: Any) -> int:
        return int(client.connection_count)

    @admin.display(description="live tokens", ordering="token_count")
    def token_count(self, client: Any) -> int:
        return int(client.token_count)

    @admin.display(description="last used", ordering="last_used")
    def last_used(self, client: Any) -> Any:
        return client.last_used

    @admin.display(description="state", ordering="disabled")
    def state(self, client: Client) -> str:
        if client.disabled:
            return "disabled"
        if not is_client_let_in(client.client_id):
            return "host blocked"
        return "secret expired" if client.secret_has_expired else "active"

    def get_fieldsets(self, request: HttpRequest, obj: Client | None = None) -> Any:
        if obj is None:
            return [
                (None, {"fields": ("name", "client_id", *GIVEN)}),
                ("A resource server of yours", {"fields": ASKS}),
                ("Keys instead of a secret", {"fields": KEYS, "classes": ("collapse",)}),
                ("What users are told", {"fields": ABOUT, "classes": ("collapse",)}),
            ]
        return [
            (None, {"fields": (*WHO, "client_id", "state")}),
            ("Where it came from", {"fields": ORIGIN}),
            ("What it may do", {"fields": (*GIVEN, *ASKS)}),
            ("How it proves itself", {"fields": ("secret_expires_at", *KEYS)}),
            ("What it says of itself", {"fields": (*ABOUT, "metadata")}),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Client | None = None) -> Any:
        if obj is None:
            return ()
        fixed = ("client_id", "state", "metadata", "secret_expires_at", *ORIGIN)
        if is_by_hand(obj):
            return fixed
        return (*(name for name in (*WHO, *GIVEN, *ASKS, *KEYS, *ABOUT) if name not in DECIDED), *fixed)

    def has_change_permission(self, request: HttpRequest, obj: Client | None = None) -> bool:
        """Who may act as an administrator is an administrator's to change."""
        acts_as = obj.acts_as if obj is not None else None
        if acts_as is not None and acts_as.is_superuser and not _is_administrator(request):
            return False
        return super().has_change_permission(request, obj)

    def get_form(self, request: HttpRequest, obj: Client | None = None, change: bool = False, **kwargs: Any) -> Any:
        """Only an administrator lets a program act as one."""
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        if not _is_administrator(request):
            form.users = User.objects.filter(is_superuser=False)
        return form

    def save_model(self, request: HttpRequest, obj: Client, form: Any, change: bool) -> None:
        if not change:
            obj.user_id = request.user.pk
            _with_new_secret(obj)
        super().save_model(request, obj, form, change)

    def response_add(self, request: HttpRequest, obj: Client, post_url_continue: str | None = None) -> HttpResponse:
        """The new client's secret, at once and never again. One that has none is shown itself."""
        if proves_itself_by_secret(obj):
            return self._show_secret(request, obj)
        return super().response_add(request, obj, post_url_continue)

    def name_of(self, row: Client) -> str:
        """Two clients may have one name."""
        return f"{row} ({row.client_id})" if row.name else row.client_id

    def connections_of(self, rows: QuerySet[Any]) -> QuerySet[Connection]:
        return Connection.objects.filter(client__in=rows.values("pk"))

    def sections(self, request: HttpRequest, obj: Client) -> list[Section]:
        connections = Connection.objects.filter(client=obj)
        return [
            connection_section(connections, client__id__exact=obj.pk),
            call_section(recent_calls_of_client(obj.client_id), urlencode({"client_id__exact": obj.client_id})),
        ]

    def suits(self, action: str, obj: Client) -> bool:
        return {
            "approve": standing(obj) != "approved",
            "disapprove": obj.trust == Client.Trust.APPROVED,
            "disable": not obj.disabled,
            "enable": obj.disabled,
            "renew_secret": is_by_hand(obj) and proves_itself_by_secret(obj),
        }.get(action, True)

    @admin.action(description="Trust: tell users that you approved it", permissions=["change"])
    def approve(self, request: HttpRequest, queryset: QuerySet[Client]) -> None:
        approved = Client.Trust.APPROVED
        self.carry_out(request, queryset.exclude(trust=approved), lambda rows: rows.update(trust=approved), "Trusted")

    @admin.action(description="Trust no more", permissions=["change"])
    def disapprove(self, request: HttpRequest, queryset: QuerySet[Client]) -> None:
        chosen = queryset.exclude(trust=Client.Trust.UNKNOWN)
        self.carry_out(request, chosen, lambda rows: rows.update(trust=Client.Trust.UNKNOWN), "No longer trusted")

    @admin.action(description="Disable: tokens stop working at once", permissions=["change"])
    def disable(self, request: HttpRequest, queryset: QuerySet[Client]) -> None:
        self.carry_out(request, queryset.filter(disabled=False), disable_clients, "Disabled")

    @admin.action(description="Enable: tokens that did not end work again", permissions=["change"])
    def enable(self, request: HttpRequest, queryset: QuerySet[Client]) -> None:
        chosen = queryset.filter(disabled=True)
        self.carry_out(request, chosen, lambda rows: rows.update(disabled=False), "Enabled")

    @admin.action(description="Revoke everything: connections, tokens, codes", permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[Client]) -> HttpResponse | None:
        ends = ending_with(self.connections_of(queryset))
        then = "Open streams end too. The clients stay: each can ask its users for access again, unless you disable it."
        if asked := self.ask_first(request, queryset, ends, then):
            return asked
        self.carry_out(request, queryset, lambda rows: end_clients(request, rows), "Everything revoked")
        return None

    @admin.action(description="Make a new secret; the old one ends", permissions=["change"])
    def renew_secret(self, request: HttpRequest, queryset: QuerySet[Client]) -> HttpResponse | None:
        client = queryset.first() if queryset.count() == 1 else None
        if client is None or not (is_by_hand(client) and proves_itself_by_secret(client)):
            self.message_user(request, "Choose one client that you made and that has a secret.", messages.ERROR)
            return None
        if not self.has_change_permission(request, client):
            self.message_user(request, "It acts as an administrator: only one may do that.", messages.ERROR)
            return None
        then = "Its program gets no tokens until it has the new secret. Tokens that it has go on working."
        ends = [Ending(1, "secret that it has now")]
        if asked := self.ask_first(request, queryset, ends, then):
            return asked
        with transaction.atomic():
            _with_new_secret(client)
            client.save(update_fields=["client_secret", "secret_expires_at", "updated"])
            write_history(request, [client], "New secret")
        return self._show_secret(request, client)

    def _show_secret(self, request: HttpRequest, client: Any) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "opts": self.opts, "client": client}
        context |= {"title": "The secret of this client", "secret": client.plain_secret}
        return TemplateResponse(request, "admin/oauth_bridge/client/secret.html", context)


def is_by_hand(client: Client) -> bool:
    """Whether an operator wrote what it is; a user's personal token is a client that nobody edits."""
    return client.registration_source == Client.RegistrationSource.MANUAL and not hasattr(client, "personal_token")


def proves_itself_by_secret(client: Client) -> bool:
    return client.client_type == Client.CLIENT_CONFIDENTIAL and not client.uses_key


def _with_new_secret(client: Any) -> None:
    """Only its digest is stored, so the plain one goes along with this object alone."""
    client.plain_secret = client.client_secret = generate_client_secret()
    client.secret_expires_at = None


def _is_administrator(request: HttpRequest) -> bool:
    return isinstance(request.user, User) and request.user.is_superuser
