"""The oauthlib server that answers authorization, token and revocation requests."""

from typing import Any

from oauth2_provider.settings import oauth2_settings
from oauthlib.oauth2.rfc6749.endpoints.pre_configured import WebApplicationServer
from oauthlib.oauth2.rfc6749.grant_types.client_credentials import ClientCredentialsGrant
from oauthlib.oauth2.rfc6749.request_validator import RequestValidator
from oauthlib.oauth2.rfc8628.grant_types.device_code import DeviceCodeGrant

from oauth_bridge.grant_types import CLIENT_CREDENTIALS, DEVICE_CODE, supported_grants

# oauthlib sets attributes on its request as it goes, and so does this room: no class describes it.
OAuthRequest = Any


class BridgeServer(WebApplicationServer):
    """Codes and refresh tokens, and of the other grants those that are switched on."""

    def __init__(self, request_validator: RequestValidator, **options: Any) -> None:
        super().__init__(request_validator, **options)  # type: ignore[no-untyped-call]  # oauthlib's is not annotated
        given = supported_grants()
        if DEVICE_CODE in given:
            self.grant_types[DEVICE_CODE] = DeviceCodeGrant(request_validator)
        if CLIENT_CREDENTIALS in given:
            self.grant_types[CLIENT_CREDENTIALS] = ClientCredentialsGrant(request_validator)


def make_server() -> Any:
    """A server with this room's validator.

    Made anew for every request: the toolkit keeps the first one per view class, whatever the settings become.
    """
    validator = oauth2_settings.OAUTH2_VALIDATOR_CLASS()
    return oauth2_settings.OAUTH2_SERVER_CLASS(validator, **oauth2_settings.server_kwargs)
