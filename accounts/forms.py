"""Forms of signing up and signing in, where allauth's do not do all that this site needs."""

from typing import Any

from allauth.account.adapter import get_adapter as get_account_adapter
from allauth.account.forms import SignupForm
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.utils import decrypt
from django.http import HttpRequest, HttpResponse

from accounts import app_codes, sign_up
from accounts.conf import sends_email
from accounts.models import User


class SignUpForm(SignupForm):
    """An account with a password: made at once where no mail is sent, else when the address is shown to be theirs."""

    def clean_email(self) -> str:
        """The address; whether it may sign up, or has an account, this page does not tell."""
        address: str = get_account_adapter().clean_email(self.cleaned_data["email"].lower())
        return address

    def try_save(self, request: HttpRequest) -> tuple[Any, HttpResponse | None]:
        """The new user, or the answer when there is none yet."""
        if not sends_email():
            made: tuple[Any, HttpResponse | None] = super().try_save(request)
            return made
        typed = self.cleaned_data
        return None, sign_up.begin(request, typed["username"], typed["email"], typed["password1"])


class OnceOnly:
    """A code from an app opens the account once. Mixed into allauth's forms, whose methods no type shows here."""

    user: User
    authenticator: Authenticator

    def clean_code(self) -> str:
        """The code, unless it was used before."""
        code: str = super().clean_code()  # type: ignore[misc]
        if self.authenticator.type == Authenticator.Type.TOTP and not app_codes.use(
            self.user, decrypt(self.authenticator.data["secret"]), code
        ):
            self._emit_authentication_failed(self.authenticator)  # type: ignore[attr-defined]
            raise get_adapter().validation_error("incorrect_code")
        return code


class CodeForm(OnceOnly, AuthenticateForm):
    """The second step of signing in."""

    def has_app(self) -> bool:
        """Whether there is an app whose code can be typed; else only recovery codes can."""
        return Authenticator.objects.filter(user=self.user, type=Authenticator.Type.TOTP).exists()


class CodeAgainForm(OnceOnly, ReauthenticateForm):
    """Proof that it is still the same person."""


class AppForm(ActivateTOTPForm):
    """A new app; the code that shows it works signs nobody in."""

    def clean_code(self) -> str:
        """The code, unless it was used before."""
        code: str = super().clean_code()
        if not app_codes.use(self.user, self.secret, code):
            raise get_adapter().validation_error("incorrect_code")
        return code
