"""What Django answers by itself when a view could not: JSON for programs, the site's pages for people."""

import sys

from django.http import HttpRequest, HttpResponse
from django.template import loader
from django.urls import Resolver404, resolve
from django.views import defaults

from oauth_bridge.away import RETRY_AFTER, is_away
from oauth_bridge.json_answers import ANSWERS_PROGRAMS, oauth_error


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The site's `handler400`: refused before any view was asked, such as a Host that is not this site's."""
    if _is_for_programs(request):
        return oauth_error("invalid_request", "The request could not be read, or is for another host.")
    return defaults.bad_request(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """The site's `handler500`: what went wrong is in the log, and in no answer. A 503 when it will pass by itself."""
    if is_away(sys.exc_info()[1]):
        return _unavailable(request)
    if _is_for_programs(request):
        return oauth_error("server_error", "Something went wrong here. Try again later.", 500)
    return defaults.server_error(request)


def _unavailable(request: HttpRequest) -> HttpResponse:
    """RFC 9110 §15.6.4; for programs with the code that RFC 6749 §4.1.2.1 has for it."""
    if _is_for_programs(request):
        response: HttpResponse = oauth_error("temporarily_unavailable", "Try again in a moment.", 503)
    else:
        response = HttpResponse(loader.get_template("503.html").render(), status=503)
    response["Retry-After"] = str(RETRY_AFTER)
    return response


def _is_for_programs(request: HttpRequest) -> bool:
    try:
        view = resolve(request.path_info).func
    except Resolver404:
        return False
    return getattr(view, ANSWERS_PROGRAMS, False)
