"""Whether somebody has just shown who they are: asked before anything is changed that opens the account."""

import time

from allauth.account import app_settings
from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.internal.flows.reauthentication import suspend_request
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from accounts.models import User


def signed_in_recently(request: HttpRequest) -> bool:
    """Whether they signed in, or proved themselves again, within the last few minutes."""
    if not isinstance(request.user, User):
        return False
    records = get_authentication_records(request, request.user)
    return bool(records) and time.time() - records[-1]["at"] < app_settings.REAUTHENTICATION_TIMEOUT


def ask_again(request: HttpRequest) -> HttpResponse:
    """To the page where they prove themselves: by password or second factor, or else at their provider."""
    methods = get_adapter(request).get_reauthentication_methods(request.user)
    page = methods[0]["url"] if methods else reverse("accounts:sign-in-again")
    response: HttpResponse = suspend_request(request, page)
    return response
