"""The page between an action that cannot be taken back and its doing: what was chosen, and what would end with it.

It has no script and no state: the button sends the action again, and Django admin asks for the permission again.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import reverse

from oauth_bridge.admin.what_ends import Ending, counted

if TYPE_CHECKING:
    Mixin = admin.ModelAdmin[Any]
else:
    Mixin = object

CONFIRMED = "confirmed"
"""What the button sends: how many rows its page spoke of."""


class ConfirmingAdmin(Mixin):
    """Actions that ask first."""

    def name_of(self, row: Any) -> str:
        """What tells a row apart from others for whoever reads the page."""
        return str(row)

    def ask_first(
        self, request: HttpRequest, rows: QuerySet[Any], ends: Sequence[Ending], then: str
    ) -> TemplateResponse | None:
        """The page that says what would end; None once its button was pressed.

        It is shown again when the rows have become more or fewer in the meantime. `then` says what follows.
        """
        chosen = counted(rows, self.name_of)
        if request.POST.get(CONFIRMED) == str(chosen.count):
            return None
        action = request.POST["action"]
        whole_list = request.POST.get("select_across") == "1"
        keys = request.POST.getlist(ACTION_CHECKBOX_NAME)
        context = {
            **self.admin_site.each_context(request),
            "title": "Are you sure?",
            "opts": self.opts,
            "description": dict(self.get_action_choices(request))[action],
            "chosen": chosen,
            "ends": ends,
            "then": then,
            # A whole list is chosen by one of its rows: there may be more than a form can carry.
            "keys": keys[:1] if whole_list else keys,
            "kept": {
                "action": action,
                CONFIRMED: chosen.count,
                **({"select_across": 1} if whole_list else {}),
                **({"from_page": 1} if "from_page" in request.POST else {}),
            }.items(),
            "has_changed": CONFIRMED in request.POST,
            "back": self._where_from(request, keys),
        }
        return TemplateResponse(request, "admin/oauth_bridge/confirm.html", context)

    def _where_from(self, request: HttpRequest, keys: Sequence[str]) -> str:
        """The list, as it was filtered, or the row's own page."""
        page = f"admin:{self.opts.app_label}_{self.opts.model_name}"
        if "from_page" in request.POST and keys:
            return reverse(f"{page}_change", args=keys[:1])
        return request.get_full_path()
