"""The pages of connected apps: what acts for a user, and how they stop it. Nothing is done by a GET."""

from collections.abc import Callable
from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from oauth_bridge.catalogue import mark_seen
from oauth_bridge.client_metadata import clean_text
from oauth_bridge.models import Connection
from oauth_bridge.overview import Overview, overview, overviews
from oauth_bridge.personal_tokens import live_tokens
from oauth_bridge.recent_calls import recent_calls
from oauth_bridge.revocation import narrow_connection, pause_connections, resume_connections, revoke_connections
from oauth_bridge.views.pages import account_page

MOST_ENDED = 20
"""Ended connections that the list still shows."""
LONGEST_LABEL = 80


class RefusedActionError(Exception):
    """What was asked cannot be done; the message tells the user why."""


@login_required
@require_safe
def connections(request: HttpRequest) -> HttpResponse:
    """List what acts for the user, and what did."""
    user = _user(request)
    found = overviews(user)
    context = {
        "going": [each for each in found if not each.has_ended],
        "ended": [each for each in found if each.has_ended][:MOST_ENDED],
        "token_count": len(live_tokens(user)),
    }
    return account_page(request, "connections", context)


@login_required
@require_safe
def connection(request: HttpRequest, connection_id: int) -> HttpResponse:
    """One connection: what it may do and did, and every way to limit it."""
    shown = _own(request, connection_id)
    return account_page(request, "connection", {"shown": shown, "calls": recent_calls(shown.connection.pk)})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def revoke_connection(request: HttpRequest, connection_id: int) -> HttpResponse:
    """Ask before it is ended for good; a POST is the answer."""
    shown = _own(request, connection_id)
    if shown.has_ended:
        return redirect("oauth_bridge:connection", connection_id)
    if request.method != "POST":
        return account_page(request, "connection_revoke", {"shown": shown})
    revoke_connections(_row(shown))
    messages.success(request, f"{shown.name} was revoked. It cannot act for you any more.")
    return redirect("oauth_bridge:personal-tokens" if shown.personal_token else "oauth_bridge:connections")


@login_required
@require_POST
def change_connection(request: HttpRequest, connection_id: int, action: str) -> HttpResponse:
    """Do one of ACTIONS."""
    shown = _own(request, connection_id)
    try:
        messages.success(request, ACTIONS[action](shown, request.POST))
    except RefusedActionError as error:
        messages.error(request, str(error))
    return redirect("oauth_bridge:connection", connection_id)


def _pause(shown: Overview, form: QueryDict) -> str:
    if not pause_connections(_row(shown)):
        raise RefusedActionError("It was not active, so there was nothing to pause.")
    return "Paused."


def _resume(shown: Overview, form: QueryDict) -> str:
    if not resume_connections(_row(shown)):
        raise RefusedActionError("It was not paused, so there was nothing to resume.")
    return "It may act for you again."


def _rename(shown: Overview, form: QueryDict) -> str:
    label = clean_text(form.get("label", ""))
    if len(label) > LONGEST_LABEL:
        raise RefusedActionError(f"Choose a name of {LONGEST_LABEL} characters at the most.")
    Connection.objects.filter(pk=shown.connection.pk).update(label=label)
    return f"You call it {label} now." if label else "It has its own name again."


def _limit(shown: Overview, form: QueryDict) -> str:
    if shown.has_ended:
        raise RefusedActionError("It has ended. Connect it anew to let it act for you.")
    if not shown.connection.scope_set & set(form.getlist("scope")):
        raise RefusedActionError("Leave at least one thing that it may do, or revoke it.")
    narrow_connection(shown.connection.pk, form.getlist("scope"), read_only="read_only" in form)
    return "Saved. It holds for the next thing that it asks for."


def _see(shown: Overview, form: QueryDict) -> str:
    if shown.resource is None or not mark_seen(shown.connection, shown.resource, form.get("seen", "")):
        raise RefusedActionError("The tools have changed again meanwhile. Look at what they are now.")
    return "The changed tools can be used again."


ACTIONS: dict[str, Callable[[Overview, QueryDict], str]] = {
    "pause": _pause,
    "resume": _resume,
    "rename": _rename,
    "limit": _limit,
    "seen": _see,
}
"""What a button does, by the last part of its URL; each returns what to tell the user."""


def _own(request: HttpRequest, connection_id: int) -> Overview:
    found = overview(_user(request), connection_id)
    if found is None:
        raise Http404
    return found


def _row(shown: Overview) -> QuerySet[Connection]:
    return Connection.objects.filter(pk=shown.connection.pk)


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)  # login_required let nobody else in
