"""The ledger in Django admin: read, narrowed down and exported; nobody writes or deletes a row there.

Each page is made of a few statements that follow an index, so that it opens as fast with a million rows as with ten.
"""

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponseBase
from django.urls import URLPattern, path

from accounts.models import User
from mcp_endpoint.endpoints import endpoints
from mcp_endpoint.ledger.export import FORMATS, exported
from mcp_endpoint.ledger.periods import Periods, periods
from mcp_endpoint.models import ToolCall
from oauth_bridge.admin.base import ForgivingChangeList, OperatorAdmin
from oauth_bridge.models import Client

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[ToolCall]  # generic in the stubs alone
    Pages = Paginator[ToolCall]
else:
    ModelAdmin = admin.ModelAdmin
    Pages = Paginator

ERAS = ("2026-07-28", "2025", "2024-11-05")
MOST = 10_000
"""Rows that are counted and can be leafed through; the filters and the dates lead to the others."""
MOST_NAMES = 100
"""Users and clients that a search term stands for."""


class BoundedPaginator(Pages):
    """Counts no further than MOST: to count a million rows is to read them."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return int(rows.order_by()[:MOST].count())

    @property
    def is_cut(self) -> bool:
        """Whether there are more."""
        return self.count >= MOST


class LedgerChangeList(ForgivingChangeList):
    """The list, with dates to choose from."""

    def periods(self) -> Periods:
        """The years, months or days that calls were made in."""
        return periods(self)


def fixed_filter(field: str, heading: str, known: Callable[[], list[str]]) -> type[admin.SimpleListFilter]:
    """A filter by values that are known without asking the ledger for the distinct ones, which reads all of it."""

    class Fixed(admin.SimpleListFilter):
        title = heading
        parameter_name = field

        def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
            return [(value, value) for value in known()]

        def queryset(self, request: HttpRequest, queryset: QuerySet[ToolCall]) -> QuerySet[ToolCall]:
            value = self.value()
            return queryset if value is None else queryset.filter(**{field: value})

    return Fixed


def _tools() -> list[str]:
    return sorted({name for endpoint in endpoints() for name in endpoint.registry.tools})


@admin.register(ToolCall)
class ToolCallAdmin(OperatorAdmin, ModelAdmin):
    """Tool calls."""

    list_display = ("called_at", "user_name", "client_name", "tool", "outcome", "error", "took", "era", "address")
    list_filter = (
        "outcome",
        fixed_filter("tool", "tool", _tools),
        fixed_filter("era", "era", lambda: list(ERAS)),
        fixed_filter("endpoint", "endpoint", lambda: [endpoint.name for endpoint in endpoints()]),
    )
    date_hierarchy = "called_at"
    ordering = ("-called_at", "-pk")
    sortable_by = ("called_at",)
    search_fields = ("tool",)
    search_help_text = "User, client, tool, or number of a connection"
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER  # each of them counts every row
    paginator = BoundedPaginator
    change_list_template = "admin/mcp_endpoint/toolcall/change_list.html"

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[LedgerChangeList]:
        return LedgerChangeList

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """`MCP_LEDGER_DAYS` says how long they are kept."""
        return False

    def has_export_permission(self, request: HttpRequest) -> bool:
        """Taking the rows away has a permission of its own."""
        return self.has_view_permission(request) and request.user.has_perm("mcp_endpoint.export_toolcall")

    @admin.display(description="took")
    def took(self, call: ToolCall) -> str:
        return f"{call.duration_ms:.0f} ms"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """By what an index knows: the users and clients of that name, the tools, the connection of that number."""
        term = search_term.strip()
        if not term:
            return queryset, False
        users = User.objects.filter(Q(username__icontains=term) | Q(email__icontains=term))
        clients = Client.objects.filter(Q(name__icontains=term) | Q(client_id=term))
        tools = [name for name in _tools() if term.lower() in name.lower()]
        found = (
            Q(user_id__in=list(users.values_list("pk", flat=True)[:MOST_NAMES]))
            | Q(client_id__in=[term, *clients.values_list("client_id", flat=True)[:MOST_NAMES]])
            | Q(tool__in=[term, *tools])
        )
        if term.isascii() and term.isdigit():
            found |= Q(connection_id=term)
        return queryset.filter(found), False

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.export)
        return [path("export/<slug:kind>/", view, name="mcp_endpoint_toolcall_export"), *super().get_urls()]

    def export(self, request: HttpRequest, kind: str) -> HttpResponseBase:
        """All calls that the list would show, as a file."""
        if not self.has_export_permission(request):
            raise PermissionDenied
        if kind not in FORMATS:
            raise Http404
        return exported(request, self.get_changelist_instance(request).queryset, kind)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        context = {**(extra_context or {}), "formats": FORMATS if self.has_export_permission(request) else ()}
        return super().changelist_view(request, context)
