"""Personal access tokens: what a signed-in user makes for a script of their own."""

import secrets
from collections.abc import Iterable
from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from oauth2_provider.generators import generate_client_secret

from accounts.models import User
from oauth_bridge.connecting import Choice, connect
from oauth_bridge.models import Client, Connection, PersonalToken
from oauth_bridge.notices import tell_of_personal_token
from oauth_bridge.resources import ProtectedResource
from oauth_bridge.token_rows import write_access_token

PREFIX = "mcp_pat_"
LIFETIMES = {7: "7 days", 30: "30 days", 90: "90 days", 365: "1 year"}
"""What a user can choose, in days."""
MOST = 50
"""Most live tokens of one user."""


def create(
    user: User, name: str, resource: ProtectedResource, scopes: Iterable[str], days: int
) -> tuple[PersonalToken, str]:
    """A new token and its row; the token itself is not known afterwards."""
    token = PREFIX + secrets.token_urlsafe(32)
    lifetime = timedelta(days=days)
    with transaction.atomic():
        # A client that can get nothing by itself: nobody knows its secret, and it acts as nobody.
        client = Client.objects.create(
            name=name,
            user=user,
            client_type=Client.CLIENT_CONFIDENTIAL,
            authorization_grant_type=Client.GRANT_CLIENT_CREDENTIALS,
            client_secret=generate_client_secret(),
        )
        connection = connect(user, client, resource, Choice.of(scopes, lifetime=lifetime), None, personal=True)
        answer = {"access_token": token, "scope": connection.scopes, "expires_in": int(lifetime.total_seconds())}
        write_access_token(connection, answer, personal=True)
        made = PersonalToken.objects.create(user=user, client=client, ending=token[-4:])
        tell_of_personal_token(made)
    return made, token


def live_tokens(user: User) -> list[Connection]:
    """Connections of the user's personal tokens that have not ended, the newest first."""
    return list(
        Connection.objects.filter(user=user, client__personal_token__user=user, expires_at__gt=timezone.now())
        .exclude(state=Connection.State.REVOKED)
        .select_related("client__personal_token")
        .order_by("-created_at", "-pk")
    )
