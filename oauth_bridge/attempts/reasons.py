"""Why a step was refused, in words for whoever has to mend it."""

from django.utils import timezone

from oauth_bridge.attempts.event import Event, shown_uri
from oauth_bridge.client_metadata import clean_text
from oauth_bridge.models import Client
from oauth_bridge.resources import protected_resources
from oauth_bridge.trust import is_client_let_in

MOST_URIS = 5
"""Registered URIs that a reason names."""
LONGEST_ID = 100


def reason(event: Event, client: Client | None) -> str:
    """The words; `client` is the one that the event names, None when there is none of that ID."""
    if event.question == "client" or (event.question == "authentication" and client is None):
        return _of_client(event, client)
    if event.question == "redirect_uri":
        return _of_redirect_uri(event, client)
    if event.question == "resource":
        ours = ", ".join(resource.uri for resource in protected_resources())
        return f"The resource {event.resource or '(none)'} is not one of this server, which has {ours}."
    if event.question == "authentication" and client is not None:
        return _of_authentication(event, client)
    return event.problem


def _of_client(event: Event, client: Client | None) -> str:
    shown = clean_text(event.client_id, LONGEST_ID)
    if not shown:
        return "The request names no client: client_id is missing."
    if not is_client_let_in(event.client_id):
        return f"The host of the client {shown} is not let in: see OAUTH_CIMD_ALLOW and OAUTH_CIMD_BLOCK."
    if client is not None and client.disabled:
        return f"The client {shown} is disabled."
    if "://" in event.client_id and client is None:
        return f"The client {shown} is not known: its metadata document could not be read, or is refused."
    if client is None:
        return (
            f"The client {shown} is not known here: it was never registered, or removed since. "
            "It has to register anew; removing it in the client and adding it again does that."
        )
    return f"The client {shown} was refused. {event.problem}".strip()


def _of_redirect_uri(event: Event, client: Client | None) -> str:
    registered = [] if client is None else [shown_uri(uri) for uri in client.redirect_uris.split()]
    listed = ", ".join(registered[:MOST_URIS]) or "none"
    if len(registered) > MOST_URIS:
        listed += f" and {len(registered) - MOST_URIS} more"
    if not event.redirect_uri:
        return f"The request names no redirect URI; registered are {listed}."
    return f"The redirect URI {event.redirect_uri} is not registered; registered are {listed}."


def _of_authentication(event: Event, client: Client) -> str:
    shown = clean_text(event.client_id, LONGEST_ID)
    if client.disabled or not is_client_let_in(event.client_id):
        return _of_client(event, client)
    if client.secret_has_expired and client.secret_expires_at is not None:
        when = client.secret_expires_at.astimezone(timezone.get_default_timezone())
        return f"The secret of the client {shown} expired on {when:%Y-%m-%d}: it has to register anew or renew it."
    if client.uses_key:
        return f"The client {shown} did not prove itself with its key."
    return f"The client {shown} sent a wrong client secret, or none."
