"""Signing up with an address: no account is made before the code that was mailed to it was typed.

So the pages, what they cost and what can be tried afterwards are the same for an address that may sign up, one that may
not, and one that has an account. Which of them it is, the letter says, to whom it belongs.
"""

import time
from dataclasses import asdict, dataclass

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import record_authentication
from allauth.account.internal.flows.signup import complete_signup
from allauth.account.models import EmailAddress
from allauth.core.ratelimit import consume, respond_429
from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.addresses import is_taken, release
from accounts.admission import refusal
from accounts.models import User
from accounts.pages import refused_page
from accounts.way_back import sign_in_url, way_back

SESSION_KEY = "sign_up"
PATIENCE = 15 * 60
"""Seconds that a code is good for."""
MOST_TRIES = 3
MOST_LETTERS = 3


@dataclass
class SignUp:
    """Somebody who wants an account, in their session until they type the code."""

    username: str
    email: str
    password: str
    """Hashed."""
    code: str
    until: float
    tries: int = 0
    letters: int = 1


class TooOftenError(Exception):
    """This address was mailed to a moment ago."""


def begin(request: HttpRequest, username: str, email: str, password: str) -> HttpResponse:
    """Mail a letter, and ask for the code that it may have."""
    sign_up = SignUp(username, email, make_password(password), _new_code(), time.time() + PATIENCE)
    try:
        _write(request, sign_up)
    except TooOftenError:
        return respond_429(request)
    keep(request, sign_up)
    return redirect("accounts:sign-up-code")


def waiting(request: HttpRequest) -> SignUp | None:
    """The sign-up of this session that can still be finished."""
    kept = request.session.get(SESSION_KEY)
    sign_up = SignUp(**kept) if kept else None
    return sign_up if sign_up and time.time() < sign_up.until and sign_up.tries < MOST_TRIES else None


def keep(request: HttpRequest, sign_up: SignUp | None) -> None:
    """Remember it as it is now; None forgets it."""
    request.session[SESSION_KEY] = asdict(sign_up) if sign_up else None


def write_again(request: HttpRequest, sign_up: SignUp) -> bool:
    """Mail another letter, with another code; whether one was mailed."""
    if sign_up.letters >= MOST_LETTERS:
        return False
    sign_up.code, sign_up.letters = _new_code(), sign_up.letters + 1
    try:
        _write(request, sign_up)
    except TooOftenError:
        return False
    keep(request, sign_up)
    return True


def finish(request: HttpRequest, sign_up: SignUp) -> HttpResponse:
    """Make the account, and sign in; called when the code was right."""
    keep(request, None)
    target = way_back(request)
    if reason := refusal([sign_up.email]):
        return refused_page(request, reason, addresses=[sign_up.email])
    try:
        user = _make(request, sign_up)
    except IntegrityError:
        # Somebody came by another way, or clicked twice, since the letter was written.
        return redirect(sign_in_url(request))
    # They typed the password a moment ago: a second factor can be added without typing it again.
    record_authentication(request, user, method="password", username=user.username)
    response: HttpResponse = complete_signup(request, user=user, redirect_url=target or None)
    return response


def _make(request: HttpRequest, sign_up: SignUp) -> User:
    with transaction.atomic():
        if is_taken([sign_up.email]):
            raise IntegrityError
        release([sign_up.email])
        user = User(username=sign_up.username, email=sign_up.email, password=sign_up.password)
        if User.objects.filter(username__iexact=user.username).exists():
            user.username = get_adapter(request).generate_unique_username([user.username])
        user.save()
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def _write(request: HttpRequest, sign_up: SignUp) -> None:
    if not consume(request, action="confirm_email", key=sign_up.email):
        raise TooOftenError
    # Both are looked up, whatever the first one says.
    taken, reason = is_taken([sign_up.email]), refusal([sign_up.email])
    if taken:
        letter, facts = "account_already_exists", {}
    elif reason:
        letter, facts = "sign_up_refused", {"reason": str(reason)}
    else:
        letter, facts = "email_confirmation_signup", {"code": sign_up.code}
    get_adapter(request).send_mail(f"account/email/{letter}", sign_up.email, facts)


def _new_code() -> str:
    code: str = get_adapter().generate_email_verification_code()
    return code
