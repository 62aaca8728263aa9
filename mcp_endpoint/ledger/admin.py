"""The ledger in Django admin: read, narrowed down and exported; nobody writes or deletes a row there.

Each page is made of a few statements that follow an index, so that it opens as fast with a million rows as with ten.
"""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.admin.views.main import SEARCH_VAR
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponseBase
from django.urls import URLPattern, path

from mcp_endpoint.endpoints import endpoints
from mcp_endpoint.ledger.export import FORMATS, exported
from mcp_endpoint.ledger.periods import Periods, periods
from mcp_endpoint.ledger.search import MOST_NAMES, Calls, Meaning, branches, meaning, newest, newest_first, tool_names
from mcp_endpoint.models import ToolCall
from oauth_bridge.admin.base import ForgivingChangeList, OperatorAdmin

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[ToolCall]  # generic in the stubs alone
    Pages = Paginator[ToolCall]
else:
    ModelAdmin = admin.ModelAdmin
    Pages = Paginator

EXPORT = "mcp_endpoint_toolcall_export"
ERAS = ("2026-07-28", "2025", "2024-11-05")
MOST = 1_000
"""Rows that are counted and can be leafed through; the filters and the dates lead to the others."""
TOO_MANY = "More than {most} {kinds} have that in their name; the calls of the first {most} are shown. Say more of it."


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
    """The list: the newest first, whatever a URL asks for, with dates to choose from."""

    meant: Meaning | None
    """What is searched for."""
    found: Sequence[Calls]
    """What is shown, in branches of which an index leads through each."""

    def periods(self) -> Periods:
        """The years, months or days that calls were made in."""
        return periods(self)

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[Any]:
        return ["-called_at", "-pk"]

    def get_queryset(self, request: HttpRequest, exclude_parameters: list[str | None] | None = None) -> QuerySet[Any]:
        calls = super().get_queryset(request, exclude_parameters)
        # Not self.query: Django leaves out a term that it cannot take, and shows everything instead.
        self.meant = meaning(request.GET.get(SEARCH_VAR, ""))
        self.found = branches(calls, self.meant)
        if self.meant is not None and self.meant.cut:
            messages.warning(request, TOO_MANY.format(kinds=" and ".join(self.meant.cut), most=MOST_NAMES))
        return calls

    def get_results(self, request: HttpRequest) -> None:
        if self.meant is not None:
            self.queryset = newest_first(self.root_queryset.filter(pk__in=newest(self.found, MOST)))
        super().get_results(request)


class EverythingFound(LedgerChangeList):
    """What the list would show, were it as long as it takes: for exports."""

    def get_results(self, request: HttpRequest) -> None:
        """None: they are read while they are sent."""


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


@admin.register(ToolCall)
class ToolCallAdmin(OperatorAdmin, ModelAdmin):
    """Tool calls."""

    list_display = ("called_at", "user_name", "client_name", "tool", "outcome", "error", "took", "era", "address")
    list_filter = (
        "outcome",
        fixed_filter("tool", "tool", tool_names),
        fixed_filter("era", "era", lambda: list(ERAS)),
        fixed_filter("endpoint", "endpoint", lambda: [endpoint.name for endpoint in endpoints()]),
    )
    date_hierarchy = "called_at"
    ordering = ("-called_at", "-pk")
    sortable_by = ()
    search_fields = ("tool",)  # LedgerChangeList knows what is searched
    search_help_text = "User, client, tool, number of a connection, or id of a request"
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER  # each of them counts every row
    paginator = BoundedPaginator
    change_list_template = "admin/mcp_endpoint/toolcall/change_list.html"

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[LedgerChangeList]:
        page = request.resolver_match.url_name if request.resolver_match else ""
        return EverythingFound if page == EXPORT else LedgerChangeList

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
        """All of them: LedgerChangeList knows a faster way."""
        return queryset, False

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.export)
        return [path("export/<slug:kind>/", view, name=EXPORT), *super().get_urls()]

    def export(self, request: HttpRequest, kind: str) -> HttpResponseBase:
        """All calls that the list would show, as a file."""
        if not self.has_export_permission(request):
            raise PermissionDenied
        if kind not in FORMATS:
            raise Http404
        everything: Any = self.get_changelist_instance(request)
        return exported(request, everything.found, kind)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        context = {**(extra_context or {}), "formats": FORMATS if self.has_export_permission(request) else ()}
        return super().changelist_view(request, context)
