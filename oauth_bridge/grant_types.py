"""Which grant types this server gives, and which of them a client may use."""

from oauth_bridge.conf import configuration
from oauth_bridge.models import Client

AUTHORIZATION_CODE = "authorization_code"
REFRESH_TOKEN = "refresh_token"  # noqa: S105  (the name of a grant type, RFC 6749 §6)
CLIENT_CREDENTIALS = "client_credentials"
DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"

WITHOUT_ASKING = (AUTHORIZATION_CODE, REFRESH_TOKEN)
"""What a client that made itself known is granted when it names none."""

# What an operator's one choice for a client means at the token endpoint.
_CHOSEN = {
    Client.GRANT_AUTHORIZATION_CODE: (AUTHORIZATION_CODE, REFRESH_TOKEN),
    Client.GRANT_DEVICE_CODE: (DEVICE_CODE, REFRESH_TOKEN),
    Client.GRANT_CLIENT_CREDENTIALS: (CLIENT_CREDENTIALS,),
}


def registrable_grants() -> tuple[str, ...]:
    """What a client that made itself known can be granted. Never client credentials: those act for nobody."""
    return (*WITHOUT_ASKING, DEVICE_CODE) if configuration().device_flow else WITHOUT_ASKING


def supported_grants() -> tuple[str, ...]:
    """All that is switched on."""
    given = registrable_grants()
    return (*given, CLIENT_CREDENTIALS) if configuration().client_credentials else given


def grants_of(client: Client) -> frozenset[str]:
    """What a client may use now: the operator's choice, or what was registered (RFC 7591 §2)."""
    if client.registration_source == Client.RegistrationSource.MANUAL:
        return frozenset(_CHOSEN.get(client.authorization_grant_type, ())) & frozenset(supported_grants())
    registered = client.metadata.get("grant_types", WITHOUT_ASKING)
    return frozenset(registered) & frozenset(registrable_grants())
