"""Response headers of the site's own pages."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

# No form-action: signing in ends in redirects to identity providers and to clients, and browsers hold
# those against the page that has the form. Pages that know better set a policy of their own.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def content_security_policy(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: a strict policy on every page but those of the admin, which brings its own scripts and styles."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        is_page = response.headers.get("Content-Type", "").startswith("text/html")
        is_debug_page = settings.DEBUG and response.status_code >= 400
        if is_page and not is_debug_page and not request.path.startswith("/admin/"):
            response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        return response

    return middleware
