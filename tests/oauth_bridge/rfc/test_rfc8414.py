"""Authorization server metadata (RFC 8414): the same document wherever clients look."""

from typing import Any

import pytest
from django.test import Client as Browser

from tests.oauth_bridge.flows import ISSUER
from tests.oauth_bridge.protected import OTHER_RESOURCE, RESOURCE

METHODS = ["none", "client_secret_post", "client_secret_basic", "private_key_jwt"]
ALGORITHMS = ["ES256", "ES384", "RS256", "PS256", "EdDSA"]
SERVER_PATHS = [
    "/.well-known/oauth-authorization-server",
    "/.well-known/oauth-authorization-server/",
    "/.well-known/oauth-authorization-server/mcp",
    "/.well-known/oauth-authorization-server/mcp/",
    "/.well-known/oauth-authorization-server/sse",
    "/mcp/.well-known/oauth-authorization-server",
    "/.well-known/openid-configuration",
    "/.well-known/openid-configuration/mcp",
    "/mcp/.well-known/openid-configuration",
    "/mcp/.well-known/openid-configuration/",
]


class TestDocument:
    @pytest.mark.parametrize("path", SERVER_PATHS)
    def test_is_the_same_at_every_probed_path(self, client: Browser, path: str) -> None:
        """RFC 8414 §3.1 and §5."""
        response = client.get(path)
        assert response.status_code == 200
        assert response["Content-Type"] == "application/json"
        assert response.content == client.get(SERVER_PATHS[0]).content

    def test_is_complete_and_truthful(self, client: Browser) -> None:
        """RFC 8414 §2, RFC 9207 §3, RFC 7636 §6.2, CIMD §5."""
        assert client.get(SERVER_PATHS[0]).json() == {
            "issuer": ISSUER,
            "authorization_endpoint": f"{ISSUER}/authorize",
            "token_endpoint": f"{ISSUER}/token",
            "registration_endpoint": f"{ISSUER}/register",
            "revocation_endpoint": f"{ISSUER}/revoke",
            "introspection_endpoint": f"{ISSUER}/introspect",
            "device_authorization_endpoint": f"{ISSUER}/device_authorization",
            "scopes_supported": ["mcp", "notes:read", "notes:write", "reports"],
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": [
                "authorization_code",
                "refresh_token",
                "urn:ietf:params:oauth:grant-type:device_code",
                "client_credentials",
            ],
            "token_endpoint_auth_methods_supported": METHODS,
            "token_endpoint_auth_signing_alg_values_supported": ALGORITHMS,
            "revocation_endpoint_auth_methods_supported": METHODS,
            "revocation_endpoint_auth_signing_alg_values_supported": ALGORITHMS,
            "introspection_endpoint_auth_methods_supported": METHODS[1:],
            "introspection_endpoint_auth_signing_alg_values_supported": ALGORITHMS,
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": True,
            "client_id_metadata_document_supported": True,
            "service_documentation": f"{ISSUER}/",
            "protected_resources": [RESOURCE, OTHER_RESOURCE],
        }

    def test_has_the_configured_issuer_whatever_host_was_asked(self, client: Browser, settings: Any) -> None:
        """RFC 8414 §3.3."""
        settings.PUBLIC_URL = "https://mcp.example.org"
        settings.ALLOWED_HOSTS = ["*"]
        response = client.get(SERVER_PATHS[0], headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"})
        assert response.json()["issuer"] == "https://mcp.example.org"
        assert b"evil" not in response.content

    def test_may_be_cached(self, client: Browser) -> None:
        """RFC 8414 §3.2."""
        assert client.get(SERVER_PATHS[0])["Cache-Control"] == "public, max-age=300"
