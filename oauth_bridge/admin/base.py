"""What every list and page of the operator's has: nonsense finds nothing, and what is done stands in the history."""

from collections.abc import Callable, Iterable
from typing import Any

from django.contrib import messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from accounts.admin import CascadeAdmin
from oauth_bridge.admin.confirming import ConfirmingAdmin
from oauth_bridge.admin.sections import Section, page_of
from oauth_bridge.admin.what_ends import counted
from oauth_bridge.models import Connection

# Users are found by what identifies them; a token or code is never a search term, because URLs are logged.
USER_SEARCH = ("user__username", "user__email")


class ForgivingChangeList(ChangeList):
    """A filter, date or page that means nothing finds nothing; the stock one sends to a page without any filter."""

    def get_queryset(self, request: HttpRequest, exclude_parameters: list[str | None] | None = None) -> QuerySet[Any]:
        try:
            return super().get_queryset(request, exclude_parameters)
        except IncorrectLookupParameters:
            self.filter_specs, self.has_filters, self.has_active_filters = [], True, True
            self.clear_all_filters_qs = "?"
            self.date_hierarchy = None  # it would read the date again
            return self.root_queryset.none()

    def get_results(self, request: HttpRequest) -> None:
        try:
            super().get_results(request)
        except IncorrectLookupParameters:
            self.page_num, self.show_all, self.can_show_all, self.multi_page = 1, False, False, False
            self.queryset = self.root_queryset.none()
            self.paginator = Paginator(self.queryset, self.list_per_page)
            self.result_list, self.result_count, self.full_result_count = self.queryset, 0, None
            self.show_full_result_count, self.show_admin_actions = False, False


class OperatorAdmin(ConfirmingAdmin):
    """Lists and pages with sections of what hangs on a row, and each action beside them."""

    change_form_template = "admin/operated_change_form.html"

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return ForgivingChangeList

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        """Taking access away has a permission of its own: whoever answers the telephone may have no other."""
        return request.user.has_perm("oauth_bridge.revoke_access")

    def sections(self, request: HttpRequest, obj: Any) -> Iterable[Section]:
        """What hangs on a row, below its fields."""
        return ()

    def connections_of(self, rows: QuerySet[Any]) -> QuerySet[Connection]:
        """The connections that end with these rows, or lose what these rows are."""
        return Connection.objects.none()

    def suits(self, action: str, obj: Any) -> bool:
        """Whether an action would do anything to this row: its page offers no other."""
        return True

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        obj = self.get_object(request, object_id) if object_id else None
        context = dict(extra_context or {})
        if obj is not None and self.has_view_permission(request, obj):
            context["sections"] = [
                section for section in self.sections(request, obj) if request.user.has_perm(section.permission)
            ]
            context["page_actions"] = [
                (name, description)
                for _, name, description in self._allowed(request)
                if name != "delete_selected" and self.suits(name, obj)
            ]
        return super().changeform_view(request, object_id, form_url, context)

    def _allowed(self, request: HttpRequest) -> Iterable[tuple[Any, str, str]]:
        return (action for action in self.get_actions(request).values() if action is not None)

    def response_action(self, request: HttpRequest, queryset: QuerySet[Any], *location: Any) -> HttpResponse | None:
        """What was done on a row's own page leads back to that page."""
        answer = super().response_action(request, queryset, *location)
        if isinstance(answer, HttpResponseRedirect) and "from_page" in request.POST:
            return HttpResponseRedirect(page_of(self.model, request.POST.get("_selected_action", "")))
        return answer

    def carry_out(
        self, request: HttpRequest, chosen: QuerySet[Any], work: Callable[[QuerySet[Any]], object], did: str
    ) -> None:
        """Do something to rows and write it into the history of each, or neither; and tell how many there were."""
        with transaction.atomic():
            rows = list(chosen)
            # By key: lists are annotated and sliced, which can be neither updated nor nested.
            work(self.model._default_manager.filter(pk__in=[row.pk for row in rows]))
            write_history(request, rows, did)
        self.message_user(request, f"{did}: {len(rows)}.", messages.SUCCESS if rows else messages.WARNING)


class OperatedAdmin(OperatorAdmin, CascadeAdmin):
    """The same for rows whose deletion takes along what hangs on them."""

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[str]]:
        """With the names of the connections that go, as far as there is room."""
        _, counts, lacking, protected = super().get_deleted_objects(objs, request)
        chosen = self.model._default_manager.filter(pk__in=[each.pk for each in objs])
        connections = counted(self.connections_of(chosen).select_related("user", "client").order_by("-pk"), str)
        names = [*connections.names, *([f"and {connections.unnamed} more"] if connections.unnamed else [])]
        return [*map(self.name_of, objs), *([names] if names else [])], counts, lacking, protected


def write_history(request: HttpRequest, rows: Iterable[Model], did: str) -> None:
    """One line in the history of each row, by whoever asks."""
    LogEntry.objects.log_actions(request.user.pk, rows, CHANGE, f"{did}.")  # type: ignore[arg-type]
