"""The caller of the conformance fixture server: the same one for every request, token or not."""

import time

from accounts.models import User
from oauth_bridge.principal import Principal


def admit_anybody(token: str | None, resource: str) -> Principal:
    """The fixture principal, whatever was sent."""
    user, _ = User.objects.get_or_create(username="conformance")
    return Principal(
        user=user,
        client_id="conformance",
        client_name="Conformance suite",
        connection_id=0,
        scopes=frozenset({"mcp"}),
        resource=resource,
        expires_at=time.time() + 3600,
    )
