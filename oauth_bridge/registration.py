"""Dynamic client registration (RFC 7591): what a client asked for becomes what it is granted."""

import json
from dataclasses import dataclass
from typing import Any

from oauth2_provider.generators import generate_client_secret

from oauth_bridge.client_metadata import AUTH_METHODS, GRANT_TYPES, clean_text, described, malformed
from oauth_bridge.models import Client
from oauth_bridge.redirect_uris import RedirectURIError, check_redirect_uris
from oauth_bridge.resources import protected_resources
from oauth_bridge.scopes import all_scopes

RESPONSE_TYPES = ("code",)
DEFAULT_AUTH_METHOD = "client_secret_basic"  # RFC 7591 §2
APPLICATION_TYPES = ("native", "web")


class RegistrationError(Exception):
    """A registration that is refused, with its code of RFC 7591 §3.2.2."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(description)
        self.code = code
        self.description = description


@dataclass(frozen=True, slots=True)
class Registration:
    """What was granted: fields of the Client to be."""

    name: str
    redirect_uris: list[str]
    auth_method: str
    scope: str
    metadata: dict[str, Any]
    description: dict[str, Any]


def parse_registration(body: bytes) -> dict[str, Any]:
    """The JSON object that was sent, without its null members."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise RegistrationError("invalid_client_metadata", "The body is not a JSON object.") from error
    if not isinstance(document, dict):
        raise RegistrationError("invalid_client_metadata", "The body is not a JSON object.")
    return {name: value for name, value in document.items() if value is not None}


def grant_registration(document: dict[str, Any]) -> Registration:
    """The intersection of what is asked for and what this server gives (RFC 7591 §3.2.1).

    VS Code asks for the device grant, Claude for scopes of its own: that is no reason to refuse them.
    """
    name = document.get("client_name", "")
    if not isinstance(name, str):
        raise RegistrationError("invalid_client_metadata", "client_name must be a string.")
    if wrong := malformed(document):
        raise RegistrationError("invalid_client_metadata", f"Not valid: {', '.join(wrong)}.")
    method = document.get("token_endpoint_auth_method", DEFAULT_AUTH_METHOD)
    if method not in AUTH_METHODS:
        known = ", ".join(AUTH_METHODS)
        raise RegistrationError("invalid_client_metadata", f"token_endpoint_auth_method must be one of {known}.")
    metadata: dict[str, Any] = {
        "grant_types": _intersection(document, "grant_types", GRANT_TYPES, needed="authorization_code"),
        "response_types": _intersection(document, "response_types", RESPONSE_TYPES, needed="code"),
        "token_endpoint_auth_method": method,
    }
    if document.get("application_type") in APPLICATION_TYPES:
        metadata["application_type"] = document["application_type"]
    return Registration(
        name=clean_text(name),
        redirect_uris=_redirect_uris(document),
        auth_method=method,
        scope=_scope(document),
        metadata=metadata,
        description=described(document),
    )


def register(registration: Registration) -> tuple[Client, str | None]:
    """Store the client; returns it with its secret, which is not known afterwards."""
    public = registration.auth_method == "none"
    secret = generate_client_secret()
    client = Client.objects.create(
        name=registration.name,
        redirect_uris=" ".join(registration.redirect_uris),
        client_type=Client.CLIENT_PUBLIC if public else Client.CLIENT_CONFIDENTIAL,
        client_secret=secret,
        authorization_grant_type=Client.GRANT_AUTHORIZATION_CODE,
        registration_source=Client.RegistrationSource.DCR,
        scope=registration.scope,
        metadata=registration.metadata,
        **registration.description,
    )
    return client, None if public else secret


def registration_response(client: Client, secret: str | None) -> dict[str, Any]:
    """What was registered, in full (RFC 7591 §3.2.1)."""
    response: dict[str, Any] = {
        "client_id": client.client_id,
        "client_id_issued_at": int(client.created.timestamp()),
        "redirect_uris": client.redirect_uris.split(),
        "scope": client.scope,
        **client.metadata,
    }
    if secret is not None:
        response |= {"client_secret": secret, "client_secret_expires_at": 0}
    if client.name:
        response["client_name"] = client.name
    for name in (
        "client_uri",
        "logo_uri",
        "policy_uri",
        "tos_uri",
        "contacts",
        "software_id",
        "software_version",
    ):
        if value := getattr(client, name):
            response[name] = value
    return response


def _redirect_uris(document: dict[str, Any]) -> list[str]:
    uris = document.get("redirect_uris")
    if not isinstance(uris, list) or not uris or not all(isinstance(uri, str) for uri in uris):
        raise RegistrationError("invalid_redirect_uri", "redirect_uris must be a list of at least one URI.")
    try:
        check_redirect_uris(uris)
    except RedirectURIError as error:
        raise RegistrationError("invalid_redirect_uri", str(error)) from error
    return list(dict.fromkeys(uris))


def _intersection(document: dict[str, Any], member: str, given: tuple[str, ...], *, needed: str) -> list[str]:
    asked = document.get(member, list(given))
    if not isinstance(asked, list):
        raise RegistrationError("invalid_client_metadata", f"{member} must be a list.")
    granted = [value for value in given if value in asked]
    if needed not in granted:
        raise RegistrationError("invalid_client_metadata", f"{member} must have {needed} in it.")
    return granted


def _scope(document: dict[str, Any]) -> str:
    asked = document.get("scope", "")
    if not isinstance(asked, str):
        raise RegistrationError("invalid_client_metadata", "scope must be a string.")
    granted = [scope for scope in all_scopes() if scope in asked.split()]
    return " ".join(granted or protected_resources()[0].default_scopes)
