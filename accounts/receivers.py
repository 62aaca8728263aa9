"""What happens in this room when somebody has signed in."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.account.signals import user_logged_in
from django.http import HttpRequest

from accounts import invitations, way_back
from accounts.addresses import adopt
from accounts.models import User


def connect() -> None:
    """Listen to allauth; called when Django starts."""
    user_logged_in.connect(on_logged_in, dispatch_uid="accounts.logged_in")


def on_logged_in(sender: object, request: HttpRequest, user: User, **_: Any) -> None:
    """They are where they wanted to go, and an invitation that brought them is used up."""
    way_back.forget(request)
    adopt(user)
    verified = EmailAddress.objects.filter(user=user, verified=True).values_list("email", flat=True)
    invitations.accept(user, verified)
