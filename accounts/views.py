"""The account page, and pages on which people prove who they are that allauth does not have."""

from typing import cast

from allauth.account.adapter import get_adapter as get_account_adapter
from allauth.account.forms import BaseConfirmCodeForm
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialAccount
from allauth.socialaccount.providers.base.provider import Provider
from django.contrib import messages
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts import sign_up
from accounts.conf import local_sign_up
from accounts.models import User
from accounts.way_back import is_page_here, sign_in_url


@never_cache
@login_required
@require_safe
def account(request: HttpRequest) -> HttpResponse:
    """What belongs to somebody here, and where they change it."""
    user = cast(User, request.user)
    factors = set(Authenticator.objects.filter(user=user).values_list("type", flat=True))
    context = {
        "addresses": EmailAddress.objects.filter(user=user).order_by("-primary", "email"),
        "has_password": user.has_usable_password(),
        "linked": _linked(request, user),
        "has_second_factor": bool(factors & {Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN}),
    }
    return render(request, "accounts/account.html", context)


@never_cache
@login_required
@require_safe
def sign_in_again(request: HttpRequest) -> HttpResponse:
    """For people who have only a provider: signing in there once more shows that it is still them."""
    target = request.GET.get(REDIRECT_FIELD_NAME, "")
    context = {
        "providers": _linked(request, cast(User, request.user)),
        "target": target if is_page_here(target) else reverse("accounts:account"),
    }
    return render(request, "accounts/sign_in_again.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_up_code(request: HttpRequest) -> HttpResponse:
    """Somebody who signs up types the code from their mail, or asks for another letter."""
    if request.user.is_authenticated:
        return redirect("accounts:account")
    waiting = sign_up.waiting(request)
    if waiting is None or not local_sign_up():
        return redirect("account_signup")
    form = BaseConfirmCodeForm(code=waiting.code)
    if "resend" in request.POST.getlist("action"):
        if sign_up.write_again(request, waiting):
            messages.success(request, "Another letter was sent. Only what it says counts now.")
        else:
            messages.error(request, "No other letter was sent: wait for the last one, or begin again later.")
        return redirect("accounts:sign-up-code")
    if request.method == "POST":
        form = BaseConfirmCodeForm(request.POST, code=waiting.code)
        if form.is_valid():
            return sign_up.finish(request, waiting)
        waiting.tries += 1
        sign_up.keep(request, waiting)
        if sign_up.waiting(request) is None:
            messages.error(request, get_account_adapter().error_messages["too_many_login_attempts"])
            return redirect("account_signup")
    context = {
        "verify_form": form,
        "email": waiting.email,
        "can_resend": waiting.letters < sign_up.MOST_LETTERS,
        "resend_url": request.path,
        "cancel_url": sign_in_url(request),
    }
    return render(request, "account/sign_up_code.html", context)


def _linked(request: HttpRequest, user: User) -> list[Provider]:
    """The providers that are switched on and that they can sign in with."""
    linked = set(SocialAccount.objects.filter(user=user).values_list("provider", flat=True))
    return [provider for provider in get_adapter().list_providers(request) if provider.sub_id in linked]
