"""The oauthlib server that answers authorization, token and revocation requests."""

from typing import Any

from oauth2_provider.settings import oauth2_settings

# oauthlib sets attributes on its request as it goes, and so does this room: no class describes it.
OAuthRequest = Any


def make_server() -> Any:
    """A server with this room's validator.

    Made anew for every request: the toolkit keeps the first one per view class, whatever the settings become.
    """
    validator = oauth2_settings.OAUTH2_VALIDATOR_CLASS()
    return oauth2_settings.OAUTH2_SERVER_CLASS(validator, **oauth2_settings.server_kwargs)
