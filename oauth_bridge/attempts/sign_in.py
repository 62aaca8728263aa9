"""Sign-ins that failed on the way to an authorization: the room below tells of them."""

from typing import Any

from django.http import HttpRequest, QueryDict
from django.urls import reverse

from accounts.models import User
from accounts.signals import sign_in_failed
from accounts.way_back import way_back
from oauth_bridge.attempts import reports
from oauth_bridge.user_codes import find_waiting, is_user_code, normalised


def connect() -> None:
    """Start listening."""
    sign_in_failed.connect(failed, dispatch_uid="oauth_bridge.attempts.sign_in_failed")


def failed(sender: object, request: HttpRequest, why: str, user: User | None, **_: Any) -> None:
    """Somebody was not let in: the authorization request that they came with is where they were going."""
    path, _mark, query = way_back(request).partition("?")
    page = path.rstrip("/")
    if page == reverse("oauth_bridge:authorize").rstrip("/"):
        reports.sign_in_failed(request, query, user, why)
    elif page == reverse("oauth_bridge:device").rstrip("/"):
        code = normalised(QueryDict(query).get("user_code", ""))
        if is_user_code(code) and (waiting := find_waiting(code)) is not None:
            reports.device_sign_in_failed(request, waiting, user, why)
