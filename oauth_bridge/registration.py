"""Dynamic client registration (RFC 7591): what a client asked for becomes what it is granted."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from oauth_bridge.client_metadata import AUTH_METHODS, clean_text, described, malformed
from oauth_bridge.grant_types import AUTHORIZATION_CODE, DEVICE_CODE, WITHOUT_ASKING, registrable_grants
from oauth_bridge.redirect_uris import RedirectURIError, check_redirect_uris
from oauth_bridge.resources import protected_resources
from oauth_bridge.scopes import all_scopes

RESPONSE_TYPES = ("code",)
DEFAULT_AUTH_METHOD = "client_secret_basic"  # RFC 7591 §2
APPLICATION_TYPES = ("native", "web")
# A client has one of these at the least: all else only continues what they began.
_FIRST_GRANTS = frozenset({AUTHORIZATION_CODE, DEVICE_CODE})


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

    @property
    def is_public(self) -> bool:
        """Whether the client has nothing to prove itself with."""
        return self.auth_method == "none"

    @property
    def is_for_devices_alone(self) -> bool:
        """Whether its users answer on a page of this server, and are never sent anywhere (RFC 8628)."""
        return AUTHORIZATION_CODE not in self.metadata["grant_types"]

    @property
    def digest(self) -> str:
        """Equal for registrations that were granted the same."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()


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
    metadata: dict[str, Any] = {**_grants(document), "token_endpoint_auth_method": method}
    redirects = AUTHORIZATION_CODE in metadata["grant_types"] or bool(document.get("redirect_uris"))
    if document.get("application_type") in APPLICATION_TYPES:
        metadata["application_type"] = document["application_type"]
    return Registration(
        name=clean_text(name),
        redirect_uris=_redirect_uris(document) if redirects else [],
        auth_method=method,
        scope=_scope(document),
        metadata=metadata,
        description=described(document),
    )


def _grants(document: dict[str, Any]) -> dict[str, list[str]]:
    """The grant types, and the response types that belong to them (RFC 7591 §2.1)."""
    registrable = registrable_grants()
    first = [grant for grant in registrable if grant in _FIRST_GRANTS]
    asked = {"grant_types": list(WITHOUT_ASKING), **document}
    grants = _intersection(asked, "grant_types", registrable, needed=first)
    if AUTHORIZATION_CODE not in grants:
        return {"grant_types": grants, "response_types": []}
    responses = _intersection(document, "response_types", RESPONSE_TYPES, needed=RESPONSE_TYPES)
    return {"grant_types": grants, "response_types": responses}


def _redirect_uris(document: dict[str, Any]) -> list[str]:
    uris = document.get("redirect_uris")
    if not isinstance(uris, list) or not uris or not all(isinstance(uri, str) for uri in uris):
        raise RegistrationError("invalid_redirect_uri", "redirect_uris must be a list of at least one URI.")
    try:
        check_redirect_uris(uris)
    except RedirectURIError as error:
        raise RegistrationError("invalid_redirect_uri", str(error)) from error
    return list(dict.fromkeys(uris))


def _intersection(document: dict[str, Any], member: str, given: tuple[str, ...], *, needed: Sequence[str]) -> list[str]:
    """What is given of what was asked for; refused when none of the needed values is left."""
    asked = document.get(member, list(given))
    if not isinstance(asked, list):
        raise RegistrationError("invalid_client_metadata", f"{member} must be a list.")
    granted = [value for value in given if value in asked]
    if not set(needed) & set(granted):
        raise RegistrationError("invalid_client_metadata", f"{member} must have {' or '.join(needed)} in it.")
    return granted


def _scope(document: dict[str, Any]) -> str:
    asked = document.get("scope", "")
    if not isinstance(asked, str):
        raise RegistrationError("invalid_client_metadata", "scope must be a string.")
    granted = [scope for scope in all_scopes() if scope in asked.split()]
    return " ".join(granted or protected_resources()[0].default_scopes)
