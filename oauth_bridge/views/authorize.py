"""The authorization endpoint: sign-in, consent, and back to the client (OAuth 2.1 §4.1)."""

from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.models import User
from oauth_bridge.attempts import reports
from oauth_bridge.authorization import (
    AuthorizationRequest,
    RefusedRequestError,
    UntrustedRequestError,
    approve,
    give_code,
    is_remembered,
    read_authorization_request,
    refuse,
)
from oauth_bridge.cimd import is_document_url, on_behalf_of_a_user
from oauth_bridge.client_metadata import clean_text
from oauth_bridge.connecting import ConnectionChangedError
from oauth_bridge.consent import LONGEST_NAME, Offer, StaleFormError, make_offer, page_context
from oauth_bridge.redirect_uris import destination
from oauth_bridge.trust import standing

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def authorize(request: HttpRequest) -> HttpResponse:
    """Ask the user; a POST is the answer, to the request that its URL still has."""
    user = request.user
    if not isinstance(user, User):
        return _before_sign_in(request)
    try:
        with on_behalf_of_a_user():
            asked = read_authorization_request(request.GET)
    except UntrustedRequestError as error:
        return _error_page(request, error)
    except RefusedRequestError as error:
        reports.refused(request, error.location)
        return _send_back(error.location)
    if request.method == "POST":
        return _answer(request, asked, user)
    offer = _offer(asked, user)
    if request.method == "GET" and _is_navigation(request) and is_remembered(asked, offer):
        location = give_code(asked, user, [scope.name for scope in asked.scopes])
        reports.answered(request, user, location, "Was allowed before, and sent back with a code")
        return _send_back(location)
    if "none" in asked.prompt:
        location = refuse(asked, "consent_required", "The user has to be asked.")
        reports.answered(request, user, location)
        return _send_back(location)
    reports.asked(request, user)
    return _consent_page(request, asked, offer)


def _answer(request: HttpRequest, asked: AuthorizationRequest, user: User) -> HttpResponse:
    try:
        offer = _offer(asked, user)
        choice = offer.read(request.POST)
        if choice is None:
            location = refuse(asked, "access_denied", "The user did not allow it.")
        else:
            location = approve(asked, offer, choice)
    except (StaleFormError, ConnectionChangedError):
        return _consent_page(request, asked, _offer(asked, user), asked_again=True)
    reports.answered(request, user, location)
    return _leave(request, asked, location)


def _offer(asked: AuthorizationRequest, user: User) -> Offer:
    return make_offer(user, asked.client, asked.resource, (scope.name for scope in asked.scopes), asked.query)


def _is_navigation(request: HttpRequest) -> bool:
    """Whether a person went here: neither fetched ahead, nor shown inside another page."""
    return request.headers.get("Sec-Fetch-Dest", "document") == "document" and "prefetch" not in _purpose(request)


def _purpose(request: HttpRequest) -> str:
    return request.headers.get("Sec-Purpose", "") or request.headers.get("Purpose", "")


def _before_sign_in(request: HttpRequest) -> HttpResponse:
    """Spare people the sign-in for a client that is unknown anyway; fetch nothing, redirect nowhere.

    But for the operator's own clients, whose silent question (prompt=none) is answered: of anybody else's this server
    would be an open redirector.
    """
    if not is_document_url(request.GET.get("client_id", "")):
        try:
            asked = read_authorization_request(request.GET)
            if "none" in asked.prompt and standing(asked.client) == "approved":
                location = refuse(asked, "login_required", "Nobody is signed in.")
                reports.refused(request, location)
                return _send_back(location)
        except UntrustedRequestError as error:
            return _error_page(request, error)
        except RefusedRequestError as error:
            # Told after sign-in: before it, this would be an open redirector (RFC 9700 §4.11.2).
            reports.refused(request, error.location)
            return redirect_to_login(request.get_full_path(), settings.LOGIN_URL)
    reports.authorization_began(request)
    return redirect_to_login(request.get_full_path(), settings.LOGIN_URL)


def _consent_page(
    request: HttpRequest, asked: AuthorizationRequest, offer: Offer, *, asked_again: bool = False
) -> HttpResponse:
    context = page_context(offer, asked_again=asked_again) | {
        "destination": destination(asked.redirect_uri),
        "here": request.get_full_path(),
    }
    response = render(request, "oauth_bridge/authorize.html", context, status=409 if asked_again else 200)
    response["Content-Security-Policy"] = _content_security_policy(asked.redirect_uri)
    return _guarded(response)


def _error_page(request: HttpRequest, error: UntrustedRequestError) -> HttpResponse:
    reports.untrusted(request, error.problem, error.description)
    context = {"problem": error.problem, "error": error.code, "description": error.description}
    return _guarded(render(request, "oauth_bridge/error.html", context, status=400))


def _send_back(location: str) -> HttpResponse:
    # Not HttpResponseRedirect: it knows http, https and ftp alone, and the target was checked already.
    return _guarded(HttpResponse(status=302, headers={"Location": location}))


def _leave(request: HttpRequest, asked: AuthorizationRequest, location: str) -> HttpResponse:
    """Send back somebody who used the form: in a browser by a page in between, else by a redirect.

    Browsers hold every redirect that follows a form against its page's form-action, those of the client's own server
    included, and stay on the page without a word (Chromium 156; the standard leaves it open). Callbacks do redirect, to
    another host and from http to https, so that a list of what may come next would be wrong for some client. A page in
    between ends what belongs to the form.
    """
    if request.headers.get("Sec-Fetch-Dest") != "document":
        return _send_back(location)
    context = {
        "name": clean_text(asked.client.display_name, LONGEST_NAME),
        "destination": destination(asked.redirect_uri),
        "location": location,
    }
    response = render(request, "oauth_bridge/going_back.html", context)
    response["Refresh"] = f"0; url={location}"
    response["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    return _guarded(response)


def _guarded(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store"
    response["Pragma"] = "no-cache"
    response["X-Frame-Options"] = "DENY"
    # The URL has the request in it. Not no-referrer: browsers then send `Origin: null` with the form, and Django
    # takes the answer for a forgery.
    response["Referrer-Policy"] = "same-origin"
    # Same-origin would cut the popup off from the client's window that waits for it.
    response["Cross-Origin-Opener-Policy"] = "unsafe-none"
    response.setdefault("Content-Security-Policy", "frame-ancestors 'none'; base-uri 'none'")
    return response


def _content_security_policy(redirect_uri: str) -> str:
    """The form leads here and to where the client is sent back, and nowhere else."""
    parts = urlsplit(redirect_uri)
    target = f"{parts.scheme}://{parts.netloc}" if parts.scheme in ("http", "https") else f"{parts.scheme}:"
    return f"{CONTENT_SECURITY_POLICY} {target}"
