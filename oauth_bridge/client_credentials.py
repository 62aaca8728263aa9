"""Client credentials (RFC 6749 §4.4): a client of the operator's acts as the user that the operator named."""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from oauthlib.oauth2.rfc6749 import errors

from accounts.models import User
from oauth_bridge.attempts import found
from oauth_bridge.connecting import widen_own
from oauth_bridge.models import Client, Connection
from oauth_bridge.resources import ProtectedResource
from oauth_bridge.scopes import granted_scopes
from oauth_bridge.server import OAuthRequest
from oauth_bridge.token_rows import write_access_token


def acting_user(request: OAuthRequest) -> User:
    """Whom the client acts as; raises OAuth2Error when that is nobody who may act."""
    user: User | None = request.client.acts_as
    if user is None:
        raise errors.UnauthorizedClientError(description="Nobody was named whom this client acts as.", request=request)
    if not user.is_active:
        raise errors.InvalidGrantError(description="The user whom this client acts as is not active.", request=request)
    return user


def allowed_scopes(request: OAuthRequest, asked: Sequence[str], resource: ProtectedResource) -> list[str]:
    """The asked scopes, within those that the operator wrote down for the client where there are any."""
    granted = granted_scopes(asked, resource)
    if limit := request.client.scope.split():
        granted = tuple(scope for scope in granted if scope in limit)
    if not granted and resource.scopes:
        raise errors.InvalidScopeError(description="The client may have none of these scopes.", request=request)
    return list(granted)


def issue(request: OAuthRequest, token: dict[str, Any]) -> None:
    """Store an access token of the client's connection; inside a transaction. No refresh token (§4.4.3)."""
    (resource,) = request.resource
    connection = widen_own(acting_user(request), request.client, resource, token["scope"])
    write_access_token(connection, token)
    found(connection)


def connections_as_somebody_else(client: Client) -> QuerySet[Connection]:
    """What is left of a time when the client acted as another user."""
    return Connection.objects.filter(
        client=client,
        client__authorization_grant_type=Client.GRANT_CLIENT_CREDENTIALS,
        client__personal_token__isnull=True,
        state=Connection.State.ACTIVE,
    ).exclude(user=client.acts_as)
