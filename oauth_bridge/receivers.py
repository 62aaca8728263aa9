"""Notices that access ended although nobody asked this room to end it: a user deactivated, a row deleted."""

from typing import Any

from django.db.models.signals import post_delete, post_save

from accounts.models import User
from oauth_bridge.changes import announce_change
from oauth_bridge.client_credentials import connections_as_somebody_else
from oauth_bridge.models import Client, Connection, PersonalToken
from oauth_bridge.revocation import announce, live_connections, revoke_connections


def connect() -> None:
    """Start listening."""
    post_save.connect(user_saved, sender=User, dispatch_uid="oauth_bridge.user_saved")
    post_save.connect(client_saved, sender=Client, dispatch_uid="oauth_bridge.client_saved")
    post_save.connect(connection_saved, sender=Connection, dispatch_uid="oauth_bridge.connection_saved")
    post_delete.connect(
        personal_token_deleted, sender=PersonalToken, dispatch_uid="oauth_bridge.personal_token_deleted"
    )
    post_delete.connect(connection_deleted, sender=Connection, dispatch_uid="oauth_bridge.connection_deleted")


def user_saved(
    sender: type[User], instance: User, created: bool, update_fields: frozenset[str] | None, **kwargs: Any
) -> None:
    """A user who was deactivated: their tokens fail by themselves, their open streams must be told."""
    if not created and update_fields != frozenset({"last_login"}):
        announce_change(users=[instance.pk])
    if not instance.is_active:
        announce(live_connections(user_id=instance.pk))


def client_saved(sender: type[Client], instance: Client, created: bool, **kwargs: Any) -> None:
    """A client that was switched off, or that acts as somebody else now."""
    if not created:
        announce_change(clients=[instance.client_id])
    if instance.disabled:
        announce(live_connections(client_id=instance.pk))
    if instance.authorization_grant_type == Client.GRANT_CLIENT_CREDENTIALS:
        revoke_connections(connections_as_somebody_else(instance))


def connection_saved(sender: type[Connection], instance: Connection, created: bool, **kwargs: Any) -> None:
    """A connection that may do something else now."""
    if not created:
        announce_change(connections=[instance.pk])


def connection_deleted(sender: type[Connection], instance: Connection, **kwargs: Any) -> None:
    """A connection that is gone, by itself or with its user or client."""
    announce([instance.pk])


def personal_token_deleted(sender: type[PersonalToken], instance: PersonalToken, origin: Any, **kwargs: Any) -> None:
    """A personal token that is gone, by itself or with its user: the client was made for it alone."""
    if getattr(origin, "model", type(origin)) is not Client:  # or it goes by itself, and is counted
        Client.objects.filter(pk=instance.client_id).delete()
