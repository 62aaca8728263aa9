"""The site's own addresses, and some that lead to what it says when something goes wrong."""

from typing import Any, Never

from allauth.account.views import signup
from allauth.core.ratelimit import respond_429
from allauth.socialaccount.adapter import get_adapter
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.test import override_settings
from django.urls import path

from accounts.admission import refusal
from accounts.pages import refused_page
from mcpsite import urls as site

handler400 = site.handler400
handler500 = site.handler500

FAILURES: dict[str, type[Exception]] = {"400": SuspiciousOperation, "403": PermissionDenied, "500": RuntimeError}
ADDRESS = "sam@elsewhere.example"


def fail(_: HttpRequest, kind: str) -> Never:
    """What the site makes of a view that fails in this way."""
    raise FAILURES[kind]("Asked for by a test.")


def too_often(request: HttpRequest) -> HttpResponse:
    """Told to somebody who tried too often."""
    answer: HttpResponse = respond_429(request)
    return answer


def turned_away(request: HttpRequest, policy: str) -> HttpResponse:
    """Told to somebody who comes from the provider, where SIGN_UP is this."""
    with override_settings(SIGN_UP=policy, SIGN_UP_DOMAINS=["example.com"]):
        reason = refusal([ADDRESS], [])
        assert reason is not None
        provider = get_adapter().get_provider(request, "oidc")
        return refused_page(request, reason, provider=provider, addresses=[ADDRESS])


def sign_up_while_closed(request: HttpRequest) -> HttpResponse:
    """The page for signing up, where nobody may."""
    with override_settings(SIGN_UP="closed"):
        answer: Any = signup(request)
        page: HttpResponse = answer.render()
        return page


urlpatterns = [
    path("stage/fails/<str:kind>/", fail),
    path("stage/too-often/", too_often),
    path("stage/turned-away/closed-to-passwords/", sign_up_while_closed),
    path("stage/turned-away/<str:policy>/", turned_away),
    *site.urlpatterns,
]
