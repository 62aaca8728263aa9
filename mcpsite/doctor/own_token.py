"""A token for the doctor alone: made for the user who asks for the examination, and gone when it ends."""

from collections.abc import Iterator
from contextlib import contextmanager

from accounts.models import User
from mcp_endpoint.endpoints import BASE_SCOPE
from oauth_bridge.models import Client, Connection
from oauth_bridge.personal_tokens import create
from oauth_bridge.resources import ProtectedResource
from oauth_bridge.revocation import revoke_connections

NAME = "mcp_doctor"


@contextmanager
def token_of(user: User, resource: ProtectedResource) -> Iterator[str]:
    """An access token of the user's with the least scope; revoked and forgotten afterwards, whatever happened.

    Should this process be killed, it ends after a day, and stands among the user's tokens until then.
    """
    made, token = create(user, NAME, resource, [BASE_SCOPE], days=1)
    client: Client = made.client
    try:
        yield token
    finally:
        revoke_connections(Connection.objects.filter(client=client))
        client.delete()
