"""What Django answers by itself when a view could not: JSON for programs, the site's pages for people."""

from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve
from django.views import defaults

from oauth_bridge.json_answers import ANSWERS_PROGRAMS, oauth_error


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The site's `handler400`: refused before any view was asked, such as a Host that is not this site's."""
    if _is_for_programs(request):
        return oauth_error("invalid_request", "The request could not be read, or is for another host.")
    return defaults.bad_request(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """The site's `handler500`: what went wrong is in the log, and in no answer."""
    if _is_for_programs(request):
        return oauth_error("server_error", "Something went wrong here. Try again later.", 500)
    return defaults.server_error(request)


def _is_for_programs(request: HttpRequest) -> bool:
    try:
        view = resolve(request.path_info).func
    except Resolver404:
        return False
    return getattr(view, ANSWERS_PROGRAMS, False)
