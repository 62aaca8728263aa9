"""OpenID Connect switched on in the toolkit, for the findings that need it."""

from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.conf import settings
from oauth2_provider.models import Application

from tests.oauth_bridge.stock.flow import CALLBACK


@cache
def _key() -> str:
    key = generate_private_key(65537, 2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def openid() -> dict[str, Any]:
    """The toolkit's settings for it."""
    scopes = {**settings.OAUTH2_PROVIDER["SCOPES"], "openid": "Sign in"}
    return {"OIDC_ENABLED": True, "OIDC_RSA_PRIVATE_KEY": _key(), "SCOPES": scopes}


def openid_client() -> str:
    """Identifier of a public client whose ID tokens are signed."""
    client = Application.objects.create(
        client_type="public",
        authorization_grant_type="authorization-code",
        redirect_uris=CALLBACK,
        algorithm="RS256",
    )
    return str(client.client_id)
