"""Where sign-in follows this site's rules instead of allauth's defaults."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.http import HttpRequest

from accounts.conf import local_sign_up, site_title
from accounts.letters import send_later
from accounts.recent import signed_in_recently
from accounts.signals import sign_in_failed

RESET_LETTER = "account/email/password_reset_code"
VERIFICATION_STAGE = "allauth.account.stages.EmailVerificationStage"


class AccountAdapter(DefaultAccountAdapter):
    """Sign-in and sign-up as such."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Whether the form for an account with a password is shown; accounts.sign_up looks at the address."""
        return local_sign_up()

    def get_login_stages(self) -> list[str]:
        """allauth's, but those whose accounts an operator made have no address to verify."""
        stages: list[str] = super().get_login_stages()
        return ["accounts.stages.VerificationStage" if stage == VERIFICATION_STAGE else stage for stage in stages]

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Not of somebody who signed in a moment ago."""
        return super().is_reauthentication_required(app=app, **kwargs) and not signed_in_recently(self.request)

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Hold back whoever guesses, and tell of it."""
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            why = "There were too many wrong passwords: sign-in is held back for some minutes."
            sign_in_failed.send(sender=None, request=request, why=why, user=None)
            raise

    def render_mail(
        self,
        template_prefix: str,
        email: str | list[str],
        context: dict[str, Any],
        headers: dict[str, str] | None = None,
    ) -> EmailMessage:
        """With the site's name, which subjects do not get otherwise: allauth makes them without the request."""
        named = {"site_title": site_title(), **context}
        letter: EmailMessage = super().render_mail(template_prefix, email, named, headers)
        return letter

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """One with a code for a new password is not waited for: for an address without account there is none.

        The page says the same to both, and takes the same time.
        """
        if template_prefix != RESET_LETTER:
            super().send_mail(template_prefix, email, context)
            return
        facts = {"request": self.request, "email": email, **context}
        send_later(self.render_mail(template_prefix, email, facts), "The code for a new password")

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """What failed tries are counted by: the account alone, where allauth adds the Host header.

        That has a port which nobody checks, so that each port would give another five tries.
        """
        return str(credentials.get("email", credentials.get("username", ""))).lower()
