"""The doctor's page in the admin."""

import threading
from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import connections
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from accounts.models import User
from mcpsite.doctor import Examination, Finding, Patient
from mcpsite.doctor.findings import verdict
from mcpsite.doctor.inside import Seen
from mcpsite.doctor.own_token import token_of
from mcpsite.doctor.profiles import EVERYBODY
from mcpsite.models import Doctor
from oauth_bridge.resources import protected_resources

if TYPE_CHECKING:
    DoctorPage = admin.ModelAdmin[Doctor]  # generic in the stubs alone
else:
    DoctorPage = admin.ModelAdmin

SECONDS = 45
"""Proxies give up on a page after a minute."""
GRACE = 5
"""Seconds more for a request that was under way when those were over."""
# One at a time: each sends some seventy requests to this very site.
_running = threading.Lock()


@admin.register(Doctor)
class DoctorAdmin(DoctorPage):
    """One page instead of a list: a button, and what the examination found."""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who may run it."""
        return request.user.has_perm("mcpsite.run_doctor")

    def has_module_permission(self, request: HttpRequest) -> bool:
        """The same: there is nothing else here."""
        return self.has_view_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nothing is stored."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nothing is stored."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nothing is stored."""
        return False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The page; a POST examines one of this site's own MCP URLs, as the operator who asks."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        resources = {resource.uri: resource for resource in protected_resources()}
        chosen = resources.get(request.POST.get("resource", ""), protected_resources()[0])
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "title": "Doctor",
            "opts": self.opts,
            "resources": resources.values(),
            "chosen": chosen,
        }
        if request.method == "POST":
            if _running.acquire(blocking=False):
                try:
                    with token_of(cast(User, request.user), chosen) as token:
                        patient = Patient(chosen.uri, token, is_own=True, seen=Seen.of(request), seconds=SECONDS)
                        found = within(patient, SECONDS + GRACE)
                finally:
                    _running.release()
                context["verdicts"] = [verdict(client, found) for client in EVERYBODY]
                context["wrong"] = [finding for finding in found if finding.level != "ok"]
                context["right"] = [finding for finding in found if finding.level == "ok"]
            else:
                context["is_busy"] = True
        return TemplateResponse(request, "admin/mcpsite/doctor/change_list.html", context)


def within(patient: Patient, seconds: float) -> list[Finding]:
    """What an examination finds in so many seconds.

    It has a thread of its own, which is left behind when the time is over: a name server can hold it for longer than
    any limit of its own requests.
    """
    found: list[Finding] = []

    def examine() -> None:
        try:
            for finding in Examination(patient):
                found.append(finding)
        finally:
            connections.close_all()

    thread = threading.Thread(target=examine, daemon=True, name="mcp-doctor")
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        late = Finding("skipped", "unfinished", "what comes after that", f"{seconds:.0f} seconds were over", ends=True)
        return [*found, late]
    return list(found)
