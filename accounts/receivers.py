"""What happens in this room when somebody signs in, or links an account."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.account.signals import user_logged_in
from allauth.socialaccount.signals import pre_social_login
from django.http import HttpRequest

from accounts import invitations, way_back
from accounts.addresses import adopt
from accounts.models import User
from accounts.upstream.linking import on_social_login


def connect() -> None:
    """Listen to allauth; called when Django starts."""
    user_logged_in.connect(on_logged_in, dispatch_uid="accounts.logged_in")
    pre_social_login.connect(on_social_login, dispatch_uid="accounts.upstream")


def on_logged_in(sender: object, request: HttpRequest, user: User, **_: Any) -> None:
    """They are where they wanted to go, and an invitation that brought them is used up."""
    way_back.forget(request)
    adopt(user)
    verified = EmailAddress.objects.filter(user=user, verified=True).values_list("email", flat=True)
    invitations.accept(user, verified)
