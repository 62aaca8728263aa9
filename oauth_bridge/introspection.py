"""Token introspection (RFC 7662): what a token is good for, told to the resource server that it is for."""

from typing import Any

from oauth_bridge.bearer import BearerError, verify
from oauth_bridge.conf import configuration
from oauth_bridge.models import Client
from oauth_bridge.resources import protected_resources


def may_ask(client: Client) -> bool:
    """Only what the operator made, marked, and gave something to prove itself with (RFC 7662 §2.1)."""
    return (
        client.may_introspect
        and client.registration_source == Client.RegistrationSource.MANUAL
        and client.client_type == Client.CLIENT_CONFIDENTIAL
    )


def introspect(token: str, client: Client) -> dict[str, Any]:
    """What is known of an access token for the resource of this client (RFC 7662 §2.2).

    Anything else is not active, and nothing is told of it: refresh tokens, tokens for another resource, and what
    `bearer.verify` would not let in.
    """
    try:
        principal = verify(token, client.introspects or protected_resources()[0].uri)
    except BearerError:
        return {"active": False}
    return {
        "active": True,
        "iss": configuration().issuer,
        "sub": str(principal.user.pk),
        "username": principal.user.get_username(),
        "client_id": principal.client_id,
        "aud": principal.resource,
        "scope": " ".join(sorted(principal.scopes)),
        "exp": int(principal.expires_at),
        "token_type": "Bearer",
    }
