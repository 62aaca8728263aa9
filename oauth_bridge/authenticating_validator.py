"""The half of the request validator that knows whom a request comes from: clients, and how they prove it."""

from typing import Any

from oauth2_provider.oauth2_validators import OAuth2Validator

from oauth_bridge import cimd
from oauth_bridge.client_assertion import ASSERTION_TYPE, claimed_client_id, is_authentic
from oauth_bridge.models import Client
from oauth_bridge.server import OAuthRequest
from oauth_bridge.trust import is_client_let_in

LONGEST_CLIENT_ID = Client._meta.get_field("client_id").max_length or 0


class AuthenticatingValidator(OAuth2Validator):
    """Clients that are enabled and let in; by secret, by key, or by their word when they have neither."""

    def _load_application(self, client_id: str, request: OAuthRequest) -> Client | None:
        if client_id and ("\0" in client_id or len(client_id) > LONGEST_CLIENT_ID):
            return None  # PostgreSQL raises on the first; it can come by the Authorization header
        if client_id and not is_client_let_in(client_id):
            return None
        client: Client | None = super()._load_application(client_id, request)
        if client is None:
            client = request.client = cimd.load_loopback_client(client_id)
        if client is not None:
            cimd.keep_document(client)
        return client

    def client_authentication_required(self, request: OAuthRequest, *args: Any, **kwargs: Any) -> bool:
        """Of all that have something to prove themselves with."""
        needed = bool(super().client_authentication_required(request))
        return needed or _assertion(request) != (None, None) or (request.client is not None and request.client.uses_key)

    def authenticate_client(self, request: OAuthRequest, *args: Any, **kwargs: Any) -> bool:
        """By its key, or by its secret as long as that is good; never by both (RFC 6749 §2.3)."""
        if _assertion(request) != (None, None):
            return self._authenticate_by_assertion(request)
        authentic = bool(super().authenticate_client(request))
        return authentic and not request.client.uses_key and not request.client.secret_has_expired

    def authenticate_client_id(self, client_id: str, request: OAuthRequest, *args: Any, **kwargs: Any) -> bool:
        return bool(super().authenticate_client_id(client_id, request)) and not request.client.uses_key

    def _authenticate_by_assertion(self, request: OAuthRequest) -> bool:
        kind, assertion = _assertion(request)
        if kind != ASSERTION_TYPE or assertion is None or request.client_secret or self._extract_basic_auth(request):
            return False
        claimed = claimed_client_id(assertion)
        if claimed is None or request.client_id not in (None, claimed):
            return False
        client = self._load_application(claimed, request)
        request.client_id = claimed
        return client is not None and client.uses_key and is_authentic(assertion, client)

    def _check_secret(self, provided_secret: str, stored_secret: str) -> bool:
        """Never an empty one: a client whose secret an operator left blank has nothing to prove itself with."""
        return bool(provided_secret) and bool(super()._check_secret(provided_secret, stored_secret))


def _assertion(request: OAuthRequest) -> tuple[str | None, str | None]:
    """What the request authenticates its client with (RFC 7521 §4.2)."""
    return getattr(request, "client_assertion_type", None), getattr(request, "client_assertion", None)
