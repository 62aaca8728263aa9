"""The discovery documents: authorization server (RFC 8414) and protected resource (RFC 9728) metadata."""

from typing import Any
from urllib.parse import urlsplit

from oauth_bridge import jwt_tokens
from oauth_bridge.client_assertion import ALGORITHMS
from oauth_bridge.client_metadata import SUPPORTED_AUTH_METHODS
from oauth_bridge.conf import configuration
from oauth_bridge.grant_types import supported_grants
from oauth_bridge.resources import ProtectedResource, protected_resources
from oauth_bridge.scopes import all_scopes


def authorization_server_metadata() -> dict[str, Any]:
    """What this authorization server can do; only what is switched on is in it."""
    conf = configuration()
    issuer = conf.issuer
    registration = {"registration_endpoint": f"{issuer}/register"} if conf.registration in ("open", "token") else {}
    device = {"device_authorization_endpoint": f"{issuer}/device_authorization"} if conf.device_flow else {}
    methods = list(SUPPORTED_AUTH_METHODS)
    keys = {"jwks_uri": f"{issuer}/.well-known/jwks.json"} if jwt_tokens.are_on() else {}
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/authorize",
        "token_endpoint": f"{issuer}/token",
        **registration,
        "revocation_endpoint": f"{issuer}/revoke",
        "introspection_endpoint": f"{issuer}/introspect",
        **device,
        **keys,
        "scopes_supported": list(all_scopes()),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": list(supported_grants()),
        # Claude and Codex use a metadata document only where `none` is listed.
        "token_endpoint_auth_methods_supported": methods,
        "token_endpoint_auth_signing_alg_values_supported": list(ALGORITHMS),
        "revocation_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_signing_alg_values_supported": list(ALGORITHMS),
        # Resource servers have something to prove themselves with.
        "introspection_endpoint_auth_methods_supported": [method for method in methods if method != "none"],
        "introspection_endpoint_auth_signing_alg_values_supported": list(ALGORITHMS),
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
        "client_id_metadata_document_supported": True,
        "service_documentation": f"{issuer}/",
        "protected_resources": [resource.uri for resource in protected_resources()],
    }


def protected_resource_metadata(resource: ProtectedResource, uri: str) -> dict[str, Any]:
    """The document of a resource, for the spelling of its URI that was asked for.

    Clients compare `resource` with the URL they made this document's address from (RFC 9728 §3.3).
    """
    issuer = configuration().issuer
    return {
        "resource": uri,
        "authorization_servers": [issuer],
        "scopes_supported": list(resource.default_scopes),
        "bearer_methods_supported": ["header"],
        "resource_name": resource.title,
        "resource_documentation": f"{issuer}/",
    }


def resource_at(path: str) -> tuple[ProtectedResource, str] | None:
    """The resource that a metadata document's path suffix names, and its URI as spelled there.

    The root form stands for the default resource (MCP basic/authorization, discovery).
    """
    resources = protected_resources()
    if path.strip("/") == "":
        return resources[0], resources[0].uri
    for resource in resources:
        for known in (resource.path, *resource.aliases):
            if path.rstrip("/") == known.rstrip("/"):
                parts = urlsplit(resource.uri)
                return resource, f"{parts.scheme}://{parts.netloc}{path}"
    return None


def is_issuer_suffix(path: str) -> bool:
    """Whether clients look for the server's metadata under this path: none, or a resource's own."""
    return resource_at(path) is not None
