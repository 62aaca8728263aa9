"""Pages that more than one way of signing in ends on."""

from collections.abc import Sequence

from allauth.socialaccount.providers.base.provider import Provider
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.admission import Refusal

TAKEN = "taken"
"""The address is that of an account which this provider may not open."""


def refused_page(
    request: HttpRequest, reason: Refusal | str, *, provider: Provider | None = None, addresses: Sequence[str] = ()
) -> HttpResponse:
    """Says why somebody may not come in, and what they can do now."""
    context = {"reason": str(reason), "provider": provider, "addresses": addresses}
    return render(request, "account/refused.html", context, status=403)


def provider_failed_page(request: HttpRequest) -> HttpResponse:
    """Says that the provider gave no answer that can be used."""
    return render(request, "socialaccount/authentication_error.html", {"fault": "provider"}, status=502)
