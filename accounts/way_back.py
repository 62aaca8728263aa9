"""Where somebody was going when they were asked to sign in, for the pages on which that goes wrong.

allauth carries the target from page to page; but it is gone with an expired state, and on the way through a mailbox.
It is kept in the session, byte for byte: most often it is a client's authorization request.
"""

from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode

SESSION_KEY = "sign_in_target"


def remember(request: HttpRequest) -> None:
    """Keep the target that this request names, if it is a page of this site."""
    target = request.POST.get(REDIRECT_FIELD_NAME) or request.GET.get(REDIRECT_FIELD_NAME) or ""
    if is_page_here(target) and request.session.get(SESSION_KEY) != target:
        request.session[SESSION_KEY] = target


def forget(request: HttpRequest) -> None:
    """They have arrived."""
    request.session.pop(SESSION_KEY, None)


def way_back(request: HttpRequest) -> str:
    """Path and query to go on with; empty when there is none."""
    target = request.session.get(SESSION_KEY, "") if hasattr(request, "session") else ""
    return target if isinstance(target, str) and is_page_here(target) else ""


def sign_in_url(request: HttpRequest) -> str:
    """The sign-in page, with the target."""
    target = way_back(request)
    page = reverse("account_login")
    return f"{page}?{urlencode({REDIRECT_FIELD_NAME: target})}" if target else page


def is_page_here(target: str) -> bool:
    """Whether it is a path on this site, and cannot be taken for anything else."""
    return target.startswith("/") and url_has_allowed_host_and_scheme(target, allowed_hosts=None)
