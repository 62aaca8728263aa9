"""Pages that more than one way of signing in ends on."""

from collections.abc import Sequence

from allauth.socialaccount.providers.base.provider import Provider
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.admission import Refusal
from accounts.signals import sign_in_failed

TAKEN = "taken"
"""The address is that of an account which this provider may not open."""

WHY = {
    Refusal.CLOSED: "Nobody here has that account, and sign-up is closed (SIGN_UP).",
    Refusal.NO_ADDRESS: "Nobody here has that account, and no address was told, by which SIGN_UP goes.",
    Refusal.UNVERIFIED: "Nobody here has that account, and nobody vouches for its address, by which SIGN_UP goes.",
    Refusal.NOT_INVITED: "Nobody here has that account, and its address was not invited (SIGN_UP).",
    Refusal.OTHER_DOMAIN: "Nobody here has that account, and its address is of none of the domains of SIGN_UP.",
    TAKEN: "The address is that of an account which was not made with this provider.",
}
"""For the operator, who may not read the address either."""


def refused_page(
    request: HttpRequest, reason: Refusal | str, *, provider: Provider | None = None, addresses: Sequence[str] = ()
) -> HttpResponse:
    """Says why somebody may not come in, and what they can do now."""
    sign_in_failed.send(sender=None, request=request, why=WHY[reason], user=None)
    context = {"reason": str(reason), "provider": provider, "addresses": addresses}
    return render(request, "account/refused.html", context, status=403)


def provider_failed_page(request: HttpRequest) -> HttpResponse:
    """Says that the provider gave no answer that can be used."""
    sign_in_failed.send(sender=None, request=request, why="The provider gave no answer that can be used.", user=None)
    return render(request, "socialaccount/authentication_error.html", {"fault": "provider"}, status=502)
