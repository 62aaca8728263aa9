"""The authorization endpoint: sign-in, consent, and back to the client (OAuth 2.1 §4.1)."""

from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.models import User
from oauth_bridge.authorization import (
    AuthorizationRequest,
    RefusedRequestError,
    UntrustedRequestError,
    approve,
    read_authorization_request,
    refuse,
)
from oauth_bridge.cimd import is_document_url, on_behalf_of_a_user
from oauth_bridge.redirect_uris import destination
from oauth_bridge.trust import standing


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
        return _send_back(error.location)
    if request.method != "POST":
        return _consent_page(request, asked)
    if "allow" in request.POST:
        return _send_back(approve(asked, user, (scope.name for scope in asked.scopes)))
    return _send_back(refuse(asked, "access_denied", "The user did not allow it."))


def _before_sign_in(request: HttpRequest) -> HttpResponse:
    """Spare people the sign-in for a client that is unknown anyway; fetch nothing, redirect nowhere."""
    if not is_document_url(request.GET.get("client_id", "")):
        try:
            read_authorization_request(request.GET)
        except UntrustedRequestError as error:
            return _error_page(request, error)
        except RefusedRequestError:
            # Told after sign-in: before it, this would be an open redirector (RFC 9700 §4.11.2).
            pass
    return redirect_to_login(request.get_full_path(), settings.LOGIN_URL)


def _consent_page(request: HttpRequest, asked: AuthorizationRequest) -> HttpResponse:
    context = {
        "client": asked.client,
        "standing": standing(asked.client),
        "document_host": urlsplit(asked.client.client_id).netloc,
        "destination": destination(asked.redirect_uri),
        "resource": asked.resource,
        "scopes": asked.scopes,
        "here": request.get_full_path(),
    }
    response = render(request, "oauth_bridge/authorize.html", context)
    response["Content-Security-Policy"] = _content_security_policy(asked.redirect_uri)
    return _guarded(response)


def _error_page(request: HttpRequest, error: UntrustedRequestError) -> HttpResponse:
    context = {"problem": error.problem, "error": error.code, "description": error.description}
    return _guarded(render(request, "oauth_bridge/error.html", context, status=400))


def _send_back(location: str) -> HttpResponse:
    # Not HttpResponseRedirect: it knows http, https and ftp alone, and the target was checked already.
    return _guarded(HttpResponse(status=302, headers={"Location": location}))


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
    """Browsers apply form-action to every redirect that follows the form, the client's own included.

    So the scheme of the redirect URI is let through, and https, where loopback servers send people next.
    """
    scheme = urlsplit(redirect_uri).scheme
    targets = " ".join(dict.fromkeys(["'self'", "https:", f"{scheme}:"]))
    sources = "default-src 'none'; style-src 'self'; img-src 'self' data:"
    return f"{sources}; base-uri 'none'; frame-ancestors 'none'; form-action {targets}"
