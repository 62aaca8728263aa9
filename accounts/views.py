"""The account page, and the page where people without a password prove themselves at their provider."""

from typing import cast

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialAccount
from allauth.socialaccount.providers.base.provider import Provider
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.models import User
from accounts.way_back import is_page_here


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


def _linked(request: HttpRequest, user: User) -> list[Provider]:
    """The providers that are switched on and that they can sign in with."""
    linked = set(SocialAccount.objects.filter(user=user).values_list("provider", flat=True))
    return [provider for provider in get_adapter().list_providers(request) if provider.sub_id in linked]
