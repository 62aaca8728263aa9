"""Dynamic client registration (RFC 7591): what is granted, what is refused, and how it is answered."""

import json
import time
from typing import Any

import pytest
from django.contrib.auth.hashers import check_password
from django.test import Client as Browser

from oauth_bridge.models import Client
from tests.oauth_bridge.flows import REDIRECT_URI, register

pytestmark = pytest.mark.django_db


@pytest.fixture
def stranger() -> Browser:
    return Browser()


def refused(response: Any) -> str:
    assert response.status_code == 400
    assert response["Cache-Control"] == "no-store"
    assert not Client.objects.exists()
    return str(response.json()["error"])


class TestGranted:
    def test_a_public_client(self, stranger: Browser) -> None:
        """RFC 7591 §3.2.1."""
        response = register(stranger, client_name="Example")
        answer = response.json()
        client = Client.objects.get()
        assert response.status_code == 201
        assert response["Cache-Control"] == "no-store"
        assert abs(answer.pop("client_id_issued_at") - time.time()) < 5
        assert answer.pop("registration_access_token").startswith("mcp_rg_")
        assert answer.pop("registration_client_uri") == f"http://localhost:8000/register/{client.client_id}"
        assert answer == {
            "client_id": client.client_id,
            "client_name": "Example",
            "redirect_uris": [REDIRECT_URI],
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "token_endpoint_auth_method": "none",
            "scope": "mcp",
        }

    @pytest.mark.parametrize("method", ["client_secret_post", "client_secret_basic"])
    def test_a_client_with_a_secret(self, stranger: Browser, method: str) -> None:
        """RFC 7591 §3.2.1."""
        answer = register(stranger, token_endpoint_auth_method=method).json()
        assert answer["token_endpoint_auth_method"] == method
        assert abs(answer["client_secret_expires_at"] - time.time() - 90 * 24 * 3600) < 5
        stored = Client.objects.get().client_secret
        assert stored.startswith("client_secret_sha256$")
        assert check_password(answer["client_secret"], stored)

    def test_without_a_method_the_standards_own(self, stranger: Browser) -> None:
        """RFC 7591 §2: client_secret_basic."""
        body = json.dumps({"redirect_uris": [REDIRECT_URI]})
        answer = stranger.post("/register", body, content_type="application/json").json()
        assert answer["token_endpoint_auth_method"] == "client_secret_basic"

    def test_everything_that_describes_it(self, stranger: Browser) -> None:
        """RFC 7591 §2."""
        described = {
            "client_name": "Example",
            "client_uri": "https://client.example/",
            "logo_uri": "https://client.example/logo.png",
            "policy_uri": "https://client.example/privacy",
            "tos_uri": "https://client.example/tos",
            "contacts": ["ops@client.example"],
            "software_id": "example",
            "software_version": "1.2",
            "application_type": "native",
        }
        answer = register(stranger, **described).json()
        assert described.items() <= answer.items()

    def test_belongs_to_nobody_even_in_a_signed_in_browser(self, browser: Browser) -> None:
        """RFC 7591 §3: the endpoint knows no user."""
        register(browser)
        assert Client.objects.get().user is None

    def test_never_client_credentials(self, stranger: Browser) -> None:
        """RFC 7591 §2: the server may replace what was asked."""
        answer = register(stranger, grant_types=["client_credentials", "authorization_code"]).json()
        assert answer["grant_types"] == ["authorization_code"]

    def test_the_scopes_that_there_are(self, stranger: Browser) -> None:
        """RFC 7591 §2."""
        assert register(stranger, scope="notes:read claudeai mcp").json()["scope"] == "mcp notes:read"

    def test_the_default_scopes_when_none_of_the_asked_is_known(self, stranger: Browser) -> None:
        """RFC 7591 §2: a default set."""
        assert register(stranger, scope="offline_access").json()["scope"] == "mcp"

    def test_null_is_left_out(self, stranger: Browser) -> None:
        """RFC 7591 §2: as if it was not sent."""
        assert register(stranger, client_name=None, scope=None, jwks=None).status_code == 201

    def test_a_name_that_cannot_mislead(self, stranger: Browser) -> None:
        """Right-to-left overrides and line breaks would hide what stands beside the name."""
        name = "Good\u202e\x00\n  App\ud800" + "x" * 400
        answer = register(stranger, client_name=name).json()
        assert answer["client_name"].startswith("Good App")
        assert len(answer["client_name"]) == 255

    def test_a_repeated_redirect_uri_once(self, stranger: Browser) -> None:
        """RFC 7591 §2."""
        assert register(stranger, redirect_uris=[REDIRECT_URI] * 2).json()["redirect_uris"] == [REDIRECT_URI]

    @pytest.mark.parametrize(
        "uri",
        [
            "https://client.example/cb?tenant=1",
            "https://client.example:8443/cb",
            "http://localhost/cb",
            "http://localhost:3000/cb",
            "http://127.0.0.1:1/",
            "http://[::1]:8080/cb",
            "cursor://anysphere.cursor-mcp/oauth/callback",
            "vscode://vscode.github-authentication/did-authenticate",
            "com.raycast:/oauth?package_name=Extension",
        ],
    )
    def test_a_redirect_uri(self, stranger: Browser, uri: str) -> None:
        """RFC 8252 §7."""
        assert register(stranger, redirect_uris=[uri]).status_code == 201

    def test_an_application_scheme_that_the_operator_listed(self, stranger: Browser, settings: Any) -> None:
        """RFC 8252 §7.1."""
        settings.OAUTH_BRIDGE_REDIRECT_SCHEMES = ["Example-App"]
        assert register(stranger, redirect_uris=["example-app://cb"]).status_code == 201


class TestRefused:
    @pytest.mark.parametrize(
        "uris",
        [
            ["http://evil.example/cb"],
            ["http://localhost.evil.example/cb"],
            ["http://127.0.0.1:0/cb"],
            ["javascript:alert(1)"],
            ["javascript://x/%0aalert(1)"],
            ["data:text/html,x"],
            ["file:///etc/passwd"],
            ["cursor:opaque"],
            ["unknown-app://cb"],
            ["https://client.example/cb#fragment"],
            ["https://user:pass@client.example/cb"],
            ["https://client.example/a b"],
            ["https://client.example/\n"],
            ["https://client.example\\@evil.example/"],
            ["https://clïent.example/cb"],
            ["https:///cb"],
            ["https://" + "x" * 300 + ".example/cb"],
            ["https://[bad"],
            ["https://client.example:99999/"],
            ["//client.example/cb"],
            [""],
            [REDIRECT_URI, "http://evil.example/cb"],
            ["https://client.example/" + "x" * 2000],
            [f"https://client.example/{number}" for number in range(21)],
            [],
            [7],
            "https://client.example/cb",
            None,
        ],
    )
    def test_redirect_uris(self, stranger: Browser, uris: Any) -> None:
        """RFC 7591 §3.2.2, RFC 9700 §2.1."""
        assert refused(register(stranger, redirect_uris=uris)) == "invalid_redirect_uri"

    @pytest.mark.parametrize(
        "metadata",
        [
            {"client_name": 7},
            {"token_endpoint_auth_method": "private_key_jwt"},
            {"token_endpoint_auth_method": ["none"]},
            {"grant_types": ["client_credentials"]},
            {"grant_types": ["refresh_token"]},
            {"grant_types": []},
            {"grant_types": "authorization_code"},
            {"grant_types": {"authorization_code": 1}},
            {"response_types": ["token"]},
            {"scope": ["mcp"]},
            {"policy_uri": "javascript:alert(1)"},
            {"tos_uri": "https://"},
            {"logo_uri": "https://[bad"},
            {"client_uri": 7},
            {"client_uri": "https://client.example/" + "x" * 2000},
            {"contacts": "ops@client.example"},
            {"contacts": [7]},
            {"software_id": {"a": 1}},
        ],
    )
    def test_metadata(self, stranger: Browser, metadata: dict[str, Any]) -> None:
        """RFC 7591 §3.2.2."""
        assert refused(register(stranger, **metadata)) == "invalid_client_metadata"

    @pytest.mark.parametrize("body", ["", "[]", "null", "7", "{", '{"a": ', "[" * 30_000, b"\xff\xfe", "a=b"])
    def test_what_is_no_json_object(self, stranger: Browser, body: Any) -> None:
        """RFC 7591 §3.1."""
        response = stranger.post("/register", body, content_type="application/json")
        assert refused(response) == "invalid_client_metadata"

    def test_a_body_over_the_limit(self, stranger: Browser) -> None:
        """RFC 7591 §5: a registration that abuses the server."""
        response = register(stranger, padding="x" * 70_000)
        assert (response.status_code, response.json()["error"]) == (413, "invalid_client_metadata")

    def test_another_method(self, stranger: Browser) -> None:
        """RFC 7591 §3.1: POST."""
        response = stranger.get("/register")
        assert (response.status_code, response["Allow"]) == (405, "POST, OPTIONS")
