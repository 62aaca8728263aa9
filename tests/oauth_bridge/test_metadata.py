"""Discovery (RFC 8414, RFC 9728, MCP basic/authorization): the same documents wherever clients look."""

from typing import Any

import pytest
from django.test import Client as Browser

from tests.oauth_bridge.protected import OTHER_RESOURCE, RESOURCE, protected_resources

ISSUER = "http://localhost:8000"

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


@pytest.fixture
def client() -> Browser:
    return Browser(headers={"Host": "localhost"})


class TestAuthorizationServer:
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
            "scopes_supported": ["mcp", "notes:read", "notes:write", "reports"],
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "token_endpoint_auth_methods_supported": ["none", "client_secret_post", "client_secret_basic"],
            "revocation_endpoint_auth_methods_supported": ["none", "client_secret_post", "client_secret_basic"],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": True,
            "client_id_metadata_document_supported": True,
            "service_documentation": f"{ISSUER}/",
            "protected_resources": [RESOURCE, OTHER_RESOURCE],
        }

    def test_has_the_configured_issuer_whatever_host_was_asked(self, client: Browser, settings: Any) -> None:
        settings.PUBLIC_URL = "https://mcp.example.org"
        settings.ALLOWED_HOSTS = ["*"]
        response = client.get(SERVER_PATHS[0], headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"})
        assert response.json()["issuer"] == "https://mcp.example.org"
        assert b"evil" not in response.content

    def test_may_be_cached(self, client: Browser) -> None:
        assert client.get(SERVER_PATHS[0])["Cache-Control"] == "public, max-age=300"


class TestProtectedResource:
    @pytest.mark.parametrize(
        ("path", "resource"),
        [
            ("/.well-known/oauth-protected-resource", RESOURCE),
            ("/.well-known/oauth-protected-resource/", RESOURCE),
            ("/.well-known/oauth-protected-resource/mcp", RESOURCE),
            ("/.well-known/oauth-protected-resource/mcp/", f"{RESOURCE}/"),
            ("/.well-known/oauth-protected-resource/sse", f"{ISSUER}/sse"),
            ("/.well-known/oauth-protected-resource/reports", OTHER_RESOURCE),
            ("/mcp/.well-known/oauth-protected-resource", RESOURCE),
        ],
    )
    def test_names_the_resource_as_it_was_asked_for(self, client: Browser, path: str, resource: str) -> None:
        """RFC 9728 §3.3: clients compare it with the URL they started from."""
        response = client.get(path)
        assert response.status_code == 200
        assert response.json()["resource"] == resource

    def test_is_complete(self, client: Browser) -> None:
        """RFC 9728 §2; the scopes are the least that is useful (MCP: clients ask for all of them)."""
        assert client.get("/.well-known/oauth-protected-resource/mcp").json() == {
            "resource": RESOURCE,
            "authorization_servers": [ISSUER],
            "scopes_supported": ["mcp"],
            "bearer_methods_supported": ["header"],
            "resource_name": "Test server",
            "resource_documentation": f"{ISSUER}/",
        }

    @pytest.mark.parametrize("came_to", ["/mcp", "/mcp/", "/sse", "/sse/"])
    def test_is_found_where_a_challenge_points(self, client: Browser, came_to: str) -> None:
        url = protected_resources()[0].metadata_url_at(came_to)
        assert client.get(url.removeprefix(ISSUER)).json()["resource"] == ISSUER + came_to.rstrip("/")
        assert protected_resources()[0].metadata_url == f"{ISSUER}/.well-known/oauth-protected-resource/mcp"

    def test_may_be_cached(self, client: Browser) -> None:
        assert "max-age" in client.get("/.well-known/oauth-protected-resource")["Cache-Control"]


@pytest.mark.parametrize(
    "path",
    [
        "/.well-known/oauth-authorization-server/evil",
        "/.well-known/oauth-protected-resource/evil",
        "/.well-known/openid-configuration/evil",
        "/.well-known/jwks.json",
        "/.well-known/",
        "/evil/.well-known/oauth-authorization-server",
        "/evil/.well-known/oauth-protected-resource",
        "/evil/.well-known/other",
    ],
)
def test_an_unknown_document_is_a_json_404(client: Browser, path: str) -> None:
    """An HTML page there makes clients believe that discovery succeeded, or crash."""
    response = client.get(path)
    assert (response.status_code, response["Content-Type"]) == (404, "application/json")
    assert response.json()["error"] == "not_found"


def test_another_method_is_refused_in_json(client: Browser) -> None:
    response = client.post(SERVER_PATHS[0])
    assert (response.status_code, response["Allow"]) == (405, "GET, HEAD, OPTIONS")


def test_head_is_answered(client: Browser) -> None:
    assert client.head(SERVER_PATHS[0]).status_code == 200


class TestBrowsers:
    """CORS: MCP Inspector in direct mode, and other clients that run in a page."""

    PATHS = ("/token", "/revoke/", "/register", "/.well-known/oauth-protected-resource/mcp", SERVER_PATHS[5])

    @pytest.mark.parametrize("path", PATHS)
    def test_preflight_is_answered(self, client: Browser, path: str) -> None:
        headers = {
            "Origin": "http://localhost:6274",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,content-type,mcp-protocol-version",
        }
        response = client.options(path, headers=headers)
        assert response.status_code in (200, 204)
        assert response["Access-Control-Allow-Origin"] == "*"
        allowed = response["Access-Control-Allow-Headers"]
        assert all(name in allowed for name in ("authorization", "content-type", "mcp-protocol-version"))
        assert "Access-Control-Allow-Credentials" not in response

    @pytest.mark.parametrize("path", PATHS)
    @pytest.mark.django_db
    def test_answers_and_errors_can_be_read(self, client: Browser, path: str) -> None:
        response = client.get(path, headers={"Origin": "https://anywhere.example"})
        assert response["Access-Control-Allow-Origin"] == "*"
        assert response["Access-Control-Expose-Headers"] == "WWW-Authenticate"

    @pytest.mark.parametrize("path", ["/authorize", "/accounts/login/", "/admin/login/", "/tokens"])
    @pytest.mark.django_db
    def test_pages_are_not_for_other_sites(self, client: Browser, path: str) -> None:
        response = client.get(path, headers={"Origin": "https://anywhere.example"})
        assert "Access-Control-Allow-Origin" not in response
