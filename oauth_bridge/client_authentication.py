"""Who a request to an endpoint of this server comes from: client authentication outside the token endpoint."""

from urllib.parse import urlencode

from oauthlib.common import Request
from oauthlib.oauth2.rfc6749.errors import OAuth2Error
from oauthlib.oauth2.rfc6749.grant_types.base import GrantTypeBase

from oauth_bridge.conf import configuration
from oauth_bridge.json_answers import RequestError
from oauth_bridge.models import Client
from oauth_bridge.server import make_server


def authorization_header(value: str) -> dict[str, str]:
    """The Authorization header as oauthlib wants it; empty for another scheme than Basic."""
    scheme, _, credentials = value.partition(" ")
    return {"HTTP_AUTHORIZATION": f"Basic {credentials.strip()}"} if scheme.lower() == "basic" else {}


def authenticate(path: str, form: list[tuple[str, str]], authorization: str) -> Client:
    """The client that sent this form to this path, by the token endpoint's rules (RFC 6749 §2.3, §3.2.1).

    A public client is taken by its word. Raises RequestError.
    """
    request = Request(configuration().issuer + path, "POST", urlencode(form), authorization_header(authorization))
    try:
        GrantTypeBase(make_server().request_validator).validate_client_authentication(request)
    except OAuth2Error as error:
        raise RequestError(error.description or "", error.error or "invalid_client", error.status_code) from error
    client: Client = request.client
    return client
