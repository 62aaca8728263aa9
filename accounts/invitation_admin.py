"""Invitations in Django admin."""

from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils import timezone

from accounts.conf import sign_up_policy
from accounts.invitations import tell
from accounts.models import Invitation, User
from accounts.models.invitation import in_two_weeks

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Invitation]  # generic in the stubs alone
else:
    ModelAdmin = admin.ModelAdmin


@admin.register(Invitation)
class InvitationAdmin(ModelAdmin):
    """Addresses that may sign up."""

    list_display = ("email", "state", "created_at", "expires_at", "invited_by")
    list_select_related = ("invited_by",)
    search_fields = ("email",)
    fields = ("email", "expires_at", "accepted_at", "accepted_by", "invited_by")
    readonly_fields = ("accepted_at", "accepted_by", "invited_by")
    actions = ("renew",)

    @admin.display(description="state")
    def state(self, invitation: Invitation) -> str:
        """What has become of it."""
        if invitation.accepted_at:
            return "accepted"
        return "open" if invitation.expires_at > timezone.now() else "expired"

    def save_model(self, request: HttpRequest, obj: Invitation, form: Any, change: bool) -> None:
        """Tell whoever is invited, when it is a new invitation."""
        if not change:
            obj.invited_by = cast(User, request.user)
        super().save_model(request, obj, form, change)
        if not change:
            self._tell(request, obj)

    @admin.action(description="Invite again, for two weeks from now", permissions=["change"])
    def renew(self, request: HttpRequest, queryset: Any) -> None:
        """Make them good once more, also those that somebody has used up, and tell the people."""
        for invitation in queryset:
            invitation.expires_at, invitation.accepted_at, invitation.accepted_by = in_two_weeks(), None, None
            invitation.save()
            self.log_change(request, invitation, "Invited again.")
            self._tell(request, invitation)

    def _tell(self, request: HttpRequest, invitation: Invitation) -> None:
        try:
            told = tell(invitation)
        except OSError:
            self.message_user(request, f"The mail to {invitation.email} could not be sent.", messages.ERROR)
            return
        if told:
            self.message_user(request, f"The invitation was mailed to {invitation.email}.", messages.SUCCESS)
        else:
            self.message_user(
                request, f"No mail is sent from here: tell {invitation.email} that they can sign in.", messages.WARNING
            )
        if sign_up_policy() == "closed":
            self.message_user(request, "SIGN_UP is closed, so nobody can sign up, invited or not.", messages.WARNING)
