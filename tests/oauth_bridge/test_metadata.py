"""Discovery (RFC 8414, RFC 9728, MCP basic/authorization): the same documents wherever clients look."""

import pytest
from django.test import Client as Browser

SERVER = "/.well-known/oauth-authorization-server"


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
    response = client.post(SERVER)
    assert (response.status_code, response["Allow"]) == (405, "GET, HEAD, OPTIONS")


def test_head_is_answered(client: Browser) -> None:
    assert client.head(SERVER).status_code == 200


class TestBrowsers:
    """CORS: MCP Inspector in direct mode, and other clients that run in a page."""

    PATHS = ("/token", "/revoke/", "/register", "/.well-known/oauth-protected-resource/mcp", f"/mcp{SERVER}")

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
        assert "WWW-Authenticate" in response["Access-Control-Expose-Headers"]

    @pytest.mark.parametrize("path", ["/authorize", "/accounts/login/", "/admin/login/", "/tokens"])
    @pytest.mark.django_db
    def test_pages_are_not_for_other_sites(self, client: Browser, path: str) -> None:
        response = client.get(path, headers={"Origin": "https://anywhere.example"})
        assert "Access-Control-Allow-Origin" not in response
