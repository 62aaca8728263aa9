"""Forms of signing up and signing in, where allauth's do not do all that this site needs."""

from typing import Any

from allauth.account.forms import SignupForm
from allauth.mfa import app_settings
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest

from accounts.admission import Refusal, refusal

REFUSALS = {
    Refusal.CLOSED: "Nobody can sign up here.",
    Refusal.NO_ADDRESS: "Enter your e-mail address: it decides whether you can sign up here.",
    Refusal.NOT_INVITED: "This address was not invited. Use the one that your invitation was sent to.",
    Refusal.OTHER_DOMAIN: "Only addresses of certain domains can sign up here, and this is none of them.",
}


class SignUpForm(SignupForm):
    """An account with a password."""

    def clean_email(self) -> str:
        """The address, where the sign-up policy lets it in. That it is theirs is shown by a code afterwards."""
        typed = self.cleaned_data["email"]
        if reason := refusal([typed] if typed else []):
            raise ValidationError(REFUSALS[reason])
        address: str = super().clean_email()
        return address

    def save(self, request: HttpRequest) -> Any:
        """The account and its address are made together: one without the other would pass for an operator's."""
        with transaction.atomic():
            return super().save(request)


class OnceOnly:
    """A code from an app opens the account once (RFC 6238 §5.2).

    allauth remembers a used code for one period; with a period of tolerance on either side it would work again.
    """

    user: Any
    authenticator: Authenticator

    def clean_code(self) -> str:
        """The code, unless it was used before."""
        code: str = super().clean_code()  # type: ignore[misc]
        if self.authenticator.type == Authenticator.Type.TOTP:
            seconds = (2 * app_settings.TOTP_TOLERANCE + 1) * app_settings.TOTP_PERIOD
            digits = "".join(filter(str.isdigit, code))
            if not cache.add(f"accounts.used-code:{self.user.pk}:{digits}", True, timeout=seconds):
                raise get_adapter().validation_error("incorrect_code")
        return code


class CodeForm(OnceOnly, AuthenticateForm):
    """The second step of signing in."""

    def has_app(self) -> bool:
        """Whether there is an app whose code can be typed; else only recovery codes can."""
        return Authenticator.objects.filter(user=self.user, type=Authenticator.Type.TOTP).exists()


class CodeAgainForm(OnceOnly, ReauthenticateForm):
    """Proof that it is still the same person."""
