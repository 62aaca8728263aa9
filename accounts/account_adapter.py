"""Where sign-in follows this site's rules instead of allauth's defaults."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from django.http import HttpRequest, HttpResponse

from accounts.admission import refusal
from accounts.conf import local_sign_up
from accounts.pages import refused_page
from accounts.recent import signed_in_recently

VERIFICATION_STAGE = "allauth.account.stages.EmailVerificationStage"


class AccountAdapter(DefaultAccountAdapter):
    """Sign-in and sign-up as such."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Whether the form for an account with a password is shown; the form looks at the address."""
        return local_sign_up()

    def get_login_stages(self) -> list[str]:
        """allauth's, but those whose accounts an operator made have no address to verify."""
        stages: list[str] = super().get_login_stages()
        return ["accounts.stages.VerificationStage" if stage == VERIFICATION_STAGE else stage for stage in stages]

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Not of somebody who signed in a moment ago."""
        return super().is_reauthentication_required(app=app, **kwargs) and not signed_in_recently(self.request)

    def pre_login(self, request: HttpRequest, user: Any, **options: Any) -> HttpResponse | None:
        """Let nobody finish a sign-up that the policy of today refuses."""
        response = super().pre_login(request, user, **options)
        if response is None and user.last_login is None and not user.is_staff:
            rows = EmailAddress.objects.filter(user=user)
            claimed = [row.email for row in rows]
            if claimed and not any(row.verified for row in rows) and (reason := refusal(claimed)):
                return refused_page(request, reason, addresses=claimed)
        return response
