"""Many rows of everything that an operator's pages list, made without the flows that make them elsewhere."""

import uuid
from datetime import timedelta

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.utils import timezone
from oauth2_provider.models import AccessToken, Grant, RefreshToken

from accounts.models import Invitation, UpstreamAccount, User
from oauth_bridge.models import (
    Client,
    Connection,
    ConnectionAccessToken,
    ConnectionAttempt,
    ConnectionRefreshToken,
    DeviceAuthorization,
    PersonalToken,
)
from tests.oauth_bridge.protected import RESOURCE


def crowd(number: int, joined: User | None = None, shared: Client | None = None) -> None:
    """So many connections more, each with tokens, a code, a device, and a personal token.

    Of users and clients of their own, or all of one user or of one client.
    """
    later = timezone.now() + timedelta(hours=1)
    for _ in range(number):
        name = uuid.uuid4().hex
        user = joined or User.objects.create(username=name, email=f"{name}@example.org")
        client = shared or _client(name)
        connection = Connection.objects.create(user=user, client=client, resource=RESOURCE, scopes="mcp", label=name)
        common = {"user": user, "application": client, "expires": later, "scope": "mcp"}
        access = AccessToken.objects.create(token=name, **common)
        refresh = RefreshToken.objects.create(
            token=name, user=user, application=client, access_token=access, token_family=uuid.uuid4()
        )
        ConnectionAccessToken.objects.create(connection=connection, access_token=access)
        ConnectionRefreshToken.objects.create(connection=connection, refresh_token=refresh)
        Grant.objects.create(code=name, redirect_uri="https://client.example/callback", **common)
        DeviceAuthorization.objects.create(
            device_code=name,
            user_code=name,
            client=client,
            user=user,
            resource=RESOURCE,
            interval=5,
            expires_at=later,
        )
        script = _client(f"script of {name}")
        PersonalToken.objects.create(user=user, client=script, ending="abcd")
        Connection.objects.create(user=user, client=script, resource=RESOURCE, scopes="mcp")
        SocialAccount.objects.create(user=user, provider="github", uid=name)
        Authenticator.objects.create(user=user, type=Authenticator.Type.WEBAUTHN, data={"name": "Key"})
        UpstreamAccount.objects.create(user=user, provider=name[:20], uid=name, name=name, sealed="")
        EmailAddress.objects.create(user=user, email=f"{name}@example.net")
        ConnectionAttempt.objects.create(client_name=name, user_name=name)
        Invitation.objects.create(email=f"{name}@example.org", invited_by=user)


def _client(name: str) -> Client:
    return Client.objects.create(
        name=name,
        client_type=Client.CLIENT_PUBLIC,
        authorization_grant_type=Client.GRANT_AUTHORIZATION_CODE,
        redirect_uris="https://client.example/callback",
    )
