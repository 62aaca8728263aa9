"""Sign-ins that failed on the way to an authorization: the room below tells of them."""

from typing import Any

from django.http import HttpRequest

from accounts.models import User
from accounts.signals import sign_in_failed
from accounts.way_back import way_back
from oauth_bridge.attempts import reports


def connect() -> None:
    """Start listening."""
    sign_in_failed.connect(failed, dispatch_uid="oauth_bridge.attempts.sign_in_failed")


def failed(sender: object, request: HttpRequest, why: str, user: User | None, **_: Any) -> None:
    """Somebody was not let in: the authorization request that they came with is where they were going."""
    reports.sign_in_failed(request, way_back(request), user, why)
