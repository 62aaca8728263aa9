"""Ends access as an operator asks for it, and writes that into the history of each connection."""

from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from oauth2_provider.models import Grant

from accounts.models import User
from oauth_bridge.admin.base import write_history
from oauth_bridge.models import Client, Connection, DeviceAuthorization
from oauth_bridge.revocation import revoke_connections


def end_connections(request: HttpRequest, connections: QuerySet[Connection]) -> int:
    """Revoke connections with all that was issued for them; how many were not revoked before."""
    with transaction.atomic():
        going = list(connections.exclude(state=Connection.State.REVOKED).select_related("user", "client"))
        revoke_connections(connections)
        write_history(request, going, "Revoked")
    return len(going)


def end_clients(request: HttpRequest, clients: QuerySet[Client]) -> None:
    """Revoke whatever clients were given, and what waits to be."""
    with transaction.atomic():
        end_connections(request, Connection.objects.filter(client__in=clients))
        Grant.objects.filter(application__in=clients).delete()
        DeviceAuthorization.objects.filter(client__in=clients, user__isnull=False).delete()


def end_users(request: HttpRequest, users: QuerySet[User]) -> None:
    """Revoke whatever acts for users, and what waits to."""
    with transaction.atomic():
        end_connections(request, Connection.objects.filter(user__in=users))
        # What revoke_connections does not reach: a code or a device whose connection is deleted.
        Grant.objects.filter(user__in=users).delete()
        DeviceAuthorization.objects.filter(user__in=users).delete()
