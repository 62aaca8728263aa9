"""What happens in this room when somebody signs in, or links an account."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.account.signals import user_logged_in
from allauth.mfa.signals import authentication_failed
from allauth.socialaccount.signals import pre_social_login
from django.contrib.auth.signals import user_login_failed
from django.http import HttpRequest

from accounts import invitations, way_back
from accounts.addresses import adopt
from accounts.models import User
from accounts.signals import sign_in_failed
from accounts.upstream.linking import on_social_login


def connect() -> None:
    """Listen to allauth; called when Django starts."""
    user_logged_in.connect(on_logged_in, dispatch_uid="accounts.logged_in")
    pre_social_login.connect(on_social_login, dispatch_uid="accounts.upstream")
    user_login_failed.connect(on_wrong_password, dispatch_uid="accounts.wrong_password")
    authentication_failed.connect(on_wrong_code, dispatch_uid="accounts.wrong_code")


def on_logged_in(sender: object, request: HttpRequest, user: User, **_: Any) -> None:
    """They are where they wanted to go, and an invitation that brought them is used up."""
    way_back.forget(request)
    adopt(user)
    verified = EmailAddress.objects.filter(user=user, verified=True).values_list("email", flat=True)
    invitations.accept(user, verified)


def on_wrong_password(sender: object, request: HttpRequest | None = None, **_: Any) -> None:
    """Nobody was let in by what was typed. Whoever is signed in was asked for it again, which is no sign-in."""
    if request is not None and not (hasattr(request, "user") and request.user.is_authenticated):
        why = "The password was wrong, or there is no such account."
        sign_in_failed.send(sender=None, request=request, why=why, user=None)


def on_wrong_code(sender: object, request: HttpRequest, user: User, reauthentication: bool = False, **_: Any) -> None:
    """The password was right, the second factor was not."""
    if not reauthentication:
        sign_in_failed.send(sender=None, request=request, why="The code of the second factor was wrong.", user=user)
