"""The toolkit's request validator, with this site's rules: what oauthlib asks before it answers a request.

Access tokens are not checked here but in `oauth_bridge.bearer`, so the methods that would accept one refuse.
"""

import json
import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.utils import timezone
from oauth2_provider.models import AccessToken, Grant, RefreshToken
from oauth2_provider.settings import oauth2_settings
from oauthlib.oauth2.rfc6749 import errors

from oauth_bridge import client_credentials, device, issuance, revocation
from oauth_bridge.attempts import explain
from oauth_bridge.authenticating_validator import AuthenticatingValidator
from oauth_bridge.digests import digest
from oauth_bridge.grant_types import AUTHORIZATION_CODE, CLIENT_CREDENTIALS, DEVICE_CODE, REFRESH_TOKEN, grants_of
from oauth_bridge.models import Client, RedeemedCode
from oauth_bridge.resource_indicators import InvalidTargetError, resolve_resource
from oauth_bridge.resources import ProtectedResource
from oauth_bridge.scopes import granted_scopes
from oauth_bridge.server import OAuthRequest

logger = logging.getLogger(__name__)


class BridgeValidator(AuthenticatingValidator):
    """Users only, active only, clients that are enabled, and every token for one resource of this site."""

    # --- Authorization request --------------------------------------------------------------

    def validate_response_type(
        self, client_id: str, response_type: str, client: Client, request: OAuthRequest, *args: Any, **kwargs: Any
    ) -> bool:
        """Only `code` (OAuth 2.1 §4.1.1), for clients that have its grant."""
        if response_type != "code":
            raise errors.UnsupportedResponseTypeError(request=request)
        if AUTHORIZATION_CODE not in grants_of(client):
            raise errors.UnauthorizedClientError(
                "The client is not registered for authorization_code.", request=request
            )
        return True

    def validate_scopes(
        self,
        client_id: str,
        scopes: Sequence[str],
        client: Client,
        request: OAuthRequest,
        *args: Any,
        **kwargs: Any,
    ) -> bool:
        """Settle the resource and which of the scopes it has: none is refused, unknown ones are left out."""
        if request.grant_type == DEVICE_CODE:
            request.scopes = request.device_authorization.scope.split()
            return True
        if request.grant_type == CLIENT_CREDENTIALS:
            resource = resource_of(request, request.decoded_body)
            request.user = client_credentials.acting_user(request)
            request.scopes = client_credentials.allowed_scopes(request, scopes, resource)
            request.resource = [resource.uri]
            return True
        resource = resource_of(request, request.uri_query_params)
        request.resource = [resource.uri]
        request.scopes = list(granted_scopes(scopes, resource))
        return True

    def get_default_scopes(self, client_id: str, request: OAuthRequest, *args: Any, **kwargs: Any) -> list[str]:
        """None: `validate_scopes` knows the resource, and with it the defaults."""
        return []

    def get_default_redirect_uri(self, client_id: str, request: OAuthRequest, *args: Any, **kwargs: Any) -> str:
        """At the token endpoint the one that the code went to: OAuth 2.1 lets clients leave it out there."""
        grant = _grant(request) if request.code else None
        return str(grant.redirect_uri if grant is not None else request.client.default_redirect_uri)

    def save_authorization_code(
        self, client_id: str, code: Any, request: OAuthRequest, *args: Any, **kwargs: Any
    ) -> None:
        """Keep the digest of the code, what was consented, and the PKCE challenge."""
        Grant.objects.create(
            application=request.client,
            user=request.user,
            code=digest(code["code"]),
            expires=timezone.now() + timedelta(seconds=oauth2_settings.AUTHORIZATION_CODE_EXPIRE_SECONDS),
            redirect_uri=request.redirect_uri,
            scope=" ".join(request.scopes),
            code_challenge=request.code_challenge,
            code_challenge_method=request.code_challenge_method,
            claims=json.dumps({}),
            resource=request.resource,
        )

    # --- Token request ----------------------------------------------------------------------

    def validate_grant_type(
        self, client_id: str, grant_type: str, client: Client, request: OAuthRequest, *args: Any, **kwargs: Any
    ) -> bool:
        """What the client registered for, or its operator chose (RFC 6749 §5.2 `unauthorized_client`)."""
        return grant_type in grants_of(request.client)

    def validate_device_code(
        self, client_id: str, code: str, request: OAuthRequest, *args: Any, **kwargs: Any
    ) -> str | None:
        """Where the device's authorization stands, in the words of RFC 8628 §3.5."""
        found = device.poll(code, request.client)
        if found is None:
            return None
        status, request.device_authorization = found
        request.user = request.device_authorization.user
        request.scopes = request.device_authorization.scope.split()
        return None if status == "authorized" and not request.user.is_active else status

    def validate_code(
        self, client_id: str, code: str, client: Client, request: OAuthRequest, *args: Any, **kwargs: Any
    ) -> bool:
        """The code is this client's, unused, in time, and its user is still active."""
        grant = _grant(request)
        if grant is None:
            explain("No such code was given to this client, or it expired long ago.")
            _end_what_the_code_issued(code, client)
            return False
        if grant.is_expired() or not grant.user.is_active:
            explain(
                "The code expired before it was used." if grant.is_expired() else "The user is not active any more."
            )
            return False
        request.user = grant.user
        request.scopes = grant.scope.split()
        return True

    def get_code_challenge(self, code: str, request: OAuthRequest) -> str | None:
        explain("The code_verifier is missing, or does not match the code_challenge of the authorization request.")
        return _text(request, "code_challenge")

    def get_code_challenge_method(self, code: str, request: OAuthRequest) -> str | None:
        return _text(request, "code_challenge_method")

    def confirm_redirect_uri(
        self, client_id: str, code: str, redirect_uri: str, client: Client, *args: Any, **kwargs: Any
    ) -> bool:
        """Identical to the one of the authorization request (RFC 6749 §4.1.3)."""
        (request,) = args
        explain("The redirect URI is not the one of the authorization request.")
        return redirect_uri == _text(request, "redirect_uri")

    def invalidate_authorization_code(
        self, client_id: str, code: str, request: OAuthRequest, *args: Any, **kwargs: Any
    ) -> None:
        """Nothing: the code was claimed in the transaction that issued the tokens."""

    def validate_refresh_token(
        self, refresh_token: str, client: Client, request: OAuthRequest, *args: Any, **kwargs: Any
    ) -> bool:
        """The token is this client's and alive, or was rotated within the grace window."""
        found = issuance.find_refresh_token(refresh_token, client)
        if found is None:
            return False
        request.user = found.refresh_token.user
        request.refresh_token_link = found
        return True

    def get_original_scopes(self, refresh_token: str, request: OAuthRequest, *args: Any, **kwargs: Any) -> list[str]:
        """Those of the grant, so that a narrower access token does not narrow the next one."""
        link = request.refresh_token_link
        return sorted(set(link.scopes.split()) & link.connection.scope_set)

    def is_within_original_scope(
        self, request_scopes: list[str], refresh_token: str, request: OAuthRequest, *args: Any, **kwargs: Any
    ) -> bool:
        """Always, after leaving out what the grant does not have (RFC 6749 §6: never more than it)."""
        original = self.get_original_scopes(refresh_token, request)
        request.scopes = [scope for scope in original if scope in request_scopes] or original
        return True

    def save_bearer_token(self, token: dict[str, Any], request: OAuthRequest, *args: Any, **kwargs: Any) -> None:
        """Store what was issued, or nothing; a code that another request redeemed meanwhile was used twice."""
        try:
            super().save_bearer_token(token, request, *args, **kwargs)
        except errors.InvalidGrantError:
            if request.grant_type == AUTHORIZATION_CODE:
                _end_what_the_code_issued(request.code, request.client)
            raise

    def _save_bearer_token(self, token: dict[str, Any], request: OAuthRequest, *args: Any, **kwargs: Any) -> None:
        # Called by the toolkit inside a transaction: an error raised here leaves nothing behind.
        explain("")
        if request.grant_type == CLIENT_CREDENTIALS:
            client_credentials.issue(request, token)
            return
        if request.grant_type == REFRESH_TOKEN:
            resource = request.refresh_token_link.connection.resource
        elif request.grant_type == DEVICE_CODE:
            resource = request.device_authorization.resource
        else:
            resource = _grant(request).resource[0]
        if request.resource and resource_of(request, request.decoded_body).uri != resource:
            explain(f"The token was asked for another resource than the user allowed, which is {resource}.")
            raise _invalid_target("The grant is for another resource.", request)
        request.resource = [resource]
        if request.grant_type == REFRESH_TOKEN:
            issuance.refresh(request, token)
        elif request.grant_type == DEVICE_CODE:
            device.redeem(request, token)
        else:
            issuance.redeem_code(request, token, _grant(request))

    # --- Revocation -------------------------------------------------------------------------

    def revoke_token(
        self, token: str, token_type_hint: str | None, request: OAuthRequest, *args: Any, **kwargs: Any
    ) -> None:
        """Revoke the whole grant that a token of this client belongs to (RFC 7009 §2.1).

        The hint is not needed to find it, and a stranger's token is treated as an unknown one.
        """
        lookup = {"token_checksum": digest(token), "application": request.client}
        refresh_token = RefreshToken.objects.filter(**lookup).first()
        if refresh_token is not None:
            revocation.revoke_family(refresh_token.token_family)
            return
        access_token = AccessToken.objects.filter(**lookup).first()
        if access_token is not None:
            revocation.revoke_access_token(access_token)

    # --- Never here -------------------------------------------------------------------------

    def validate_bearer_token(self, token: str, scopes: Sequence[str], request: OAuthRequest) -> bool:
        return False

    def validate_jwt_bearer_token(self, token: str, scopes: Sequence[str], request: OAuthRequest) -> bool:
        return False

    def validate_id_token(self, token: str, scopes: Sequence[str], request: OAuthRequest) -> bool:
        return False


def resource_of(request: OAuthRequest, parameters: Sequence[tuple[str, str]]) -> ProtectedResource:
    """The protected resource that the parameters name; raises `invalid_target` (RFC 8707 §2)."""
    try:
        return resolve_resource(value for name, value in parameters if name == "resource")
    except InvalidTargetError as error:
        raise _invalid_target(str(error), request) from error


def _invalid_target(description: str, request: OAuthRequest) -> errors.CustomOAuth2Error:
    return errors.CustomOAuth2Error(error="invalid_target", description=description, request=request)


def _grant(request: OAuthRequest) -> Any:
    # One query instead of the toolkit's five for the same row.
    if "grant" not in request.__dict__:
        request.grant = (
            Grant.objects.select_related("user").filter(code=digest(request.code), application=request.client).first()
        )
    return request.grant


def _text(request: OAuthRequest, field: str) -> str | None:
    return getattr(_grant(request), field) or None


def _end_what_the_code_issued(code: str, client: Client) -> None:
    """A code that was used twice may have been stolen (RFC 6749 §4.1.2)."""
    used = (
        RedeemedCode.objects.filter(digest=digest(code), connection__client=client)
        .select_related("access_token")
        .first()
    )
    if used is None:
        return
    explain("The code was used before. It may have been stolen, so what it had issued was ended.")
    logger.warning("An authorization code of connection %s was used again: its grant ends.", used.connection_id)
    if used.token_family is not None:
        revocation.revoke_family(used.token_family)
    elif used.access_token is not None:
        revocation.revoke_access_token(used.access_token)
