"""Protected resource metadata (RFC 9728): one document for each resource, by every spelling of its URI."""

import pytest
from django.test import Client as Browser

from tests.oauth_bridge.flows import ISSUER
from tests.oauth_bridge.protected import OTHER_RESOURCE, RESOURCE, protected_resources


class TestDocument:
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
        """RFC 9728 §5.1."""
        url = protected_resources()[0].metadata_url_at(came_to)
        assert client.get(url.removeprefix(ISSUER)).json()["resource"] == ISSUER + came_to.rstrip("/")
        assert protected_resources()[0].metadata_url == f"{ISSUER}/.well-known/oauth-protected-resource/mcp"

    def test_may_be_cached(self, client: Browser) -> None:
        """RFC 9728 §3.2, RFC 9111 §5.2."""
        assert "max-age" in client.get("/.well-known/oauth-protected-resource")["Cache-Control"]
