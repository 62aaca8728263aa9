"""Clients that people use, each from its first probe to a tool's answer, over HTTP against a live server.

What they send is as their issue trackers show it; tests/oauth_bridge/test_real_clients.py has each peculiarity alone.
"""

import secrets
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest

from tests.clients.app import Pkce
from tests.clients.metadata_host import MetadataHost
from tests.conftest import PASSWORD, USERS
from tests.live import LiveServer
from tests.person import Person

RESOURCE = "/.well-known/oauth-protected-resource"
SERVER = "/.well-known/oauth-authorization-server"
CODE_AND_REFRESH = ["authorization_code", "refresh_token"]


@dataclass(frozen=True)
class RealClient:
    """What one client sends."""

    probes: list[tuple[str, str, int]]
    """Method, path and the status it must be answered with, in the client's order."""
    metadata: dict[str, Any]
    """Its registration, or its metadata document."""
    redirect_uri: str
    has_document: bool = False
    parameters: dict[str, str] = field(default_factory=dict)
    """Of the authorization request; `{url}` is the server's address."""
    endpoint: str = "/mcp"


CHALLENGED = ("POST", "/mcp", 401)

CLIENTS = {
    "vscode": RealClient(
        [CHALLENGED, ("GET", f"{RESOURCE}/mcp", 200), ("GET", SERVER, 200)],
        {
            "client_name": "Visual Studio Code",
            "client_uri": "https://code.visualstudio.com",
            "grant_types": [*CODE_AND_REFRESH, "urn:ietf:params:oauth:grant-type:device_code"],
            "response_types": ["code"],
            "redirect_uris": ["https://vscode.dev/redirect", "http://127.0.0.1/", "http://127.0.0.1:33418/"],
            "token_endpoint_auth_method": "none",
            "application_type": "native",
        },
        "http://127.0.0.1:51234/",
        parameters={"scope": "mcp notes:read", "resource": "{url}/mcp/"},
    ),
    "cursor": RealClient(
        [
            CHALLENGED,
            ("GET", f"{RESOURCE}/mcp", 200),
            ("GET", f"{SERVER}/mcp", 200),
            ("GET", f"/mcp{SERVER}", 200),
        ],
        {
            "client_name": "Cursor",
            "redirect_uris": [
                "cursor://anysphere.cursor-mcp/oauth/callback",
                "https://www.cursor.com/agents/mcp/oauth/callback",
            ],
            "grant_types": CODE_AND_REFRESH,
            "response_types": ["code"],
            "token_endpoint_auth_method": "none",
        },
        "cursor://anysphere.cursor-mcp/oauth/callback",
        parameters={"resource": "{url}/mcp"},
    ),
    "claude": RealClient(
        [CHALLENGED, ("GET", f"{RESOURCE}/mcp", 200), ("GET", SERVER, 200)],
        {
            "client_name": "Claude",
            "redirect_uris": ["https://claude.ai/api/mcp/auth_callback"],
            "grant_types": CODE_AND_REFRESH,
            "response_types": ["code"],
            "token_endpoint_auth_method": "client_secret_post",
            "scope": "claudeai",
        },
        "https://claude.ai/api/mcp/auth_callback",
        parameters={"scope": "mcp notes:read notes:write claudeai", "resource": "{url}/mcp"},
    ),
    "claude_code": RealClient(
        [CHALLENGED, ("GET", f"{RESOURCE}/mcp", 200), ("GET", SERVER, 200)],
        {
            "client_name": "Claude Code",
            "redirect_uris": ["http://localhost/callback", "http://127.0.0.1/callback"],
            "grant_types": CODE_AND_REFRESH,
            "response_types": ["code"],
            "token_endpoint_auth_method": "none",
        },
        "http://localhost:54545/callback",
        has_document=True,
        parameters={"scope": "mcp offline_access", "resource": "{url}/mcp"},
        endpoint="/mcp/",
    ),
    "chatgpt": RealClient(
        [
            ("GET", RESOURCE, 200),
            ("GET", SERVER, 200),
            ("GET", "/.well-known/openid-configuration", 200),
            ("GET", "/.well-known/oauth-client", 404),
            CHALLENGED,
        ],
        {
            "client_name": "ChatGPT",
            "redirect_uris": ["https://chatgpt.com/connector_platform_oauth_redirect"],
            "grant_types": CODE_AND_REFRESH,
            "response_types": ["code"],
            "token_endpoint_auth_method": "private_key_jwt",
            "token_endpoint_auth_methods_supported": ["private_key_jwt", "none"],
            "jwks_uri": "https://chatgpt.com/.well-known/jwks.json",
        },
        "https://chatgpt.com/connector_platform_oauth_redirect",
        has_document=True,
        parameters={"scope": "", "resource": "{url}"},
    ),
    "codex": RealClient(
        [("GET", f"{SERVER}/mcp", 200), ("GET", SERVER, 200)],
        {"client_name": "Codex", "redirect_uris": ["http://127.0.0.1:1455/callback"]},
        "http://127.0.0.1:1455/callback",
    ),
}


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MetadataHost]:
    """Where the documents are."""
    with MetadataHost(tmp_path_factory.mktemp("documents")) as running:
        yield running


@pytest.fixture(scope="module")
def site() -> Iterator[LiveServer]:
    """A server that may fetch documents from this machine."""
    with LiveServer("daphne", settings="tests.clients.loopback_settings", users=USERS) as server:
        yield server


@pytest.fixture
def http(site: LiveServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=site.url, timeout=30) as client:
        yield client


def make_known(http: httpx.Client, host: MetadataHost, client: RealClient) -> dict[str, str]:
    """The client's credentials, as fields of a token request."""
    if client.has_document:
        return {"client_id": host.publish(f"{secrets.token_hex(4)}.json", **client.metadata)}
    answer = http.post("/register", json=client.metadata)
    assert answer.status_code == 201, answer.text
    registered = answer.json()
    return {name: registered[name] for name in ("client_id", "client_secret") if name in registered}


def authorize(site: LiveServer, client: RealClient, client_id: str, pkce: Pkce) -> str:
    """The code that a person's consent brings."""
    asked = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": client.redirect_uri,
        "code_challenge": pkce.challenge,
        "code_challenge_method": "S256",
        "state": "state",
        **{name: value.format(url=site.url) for name, value in client.parameters.items()},
    }
    person = Person(site.url, "alice", PASSWORD)
    with closing(person.browser):
        back = person.visit(f"{site.url}/authorize?{urlencode(asked)}")
    assert back.startswith(f"{client.redirect_uri}?"), back
    return parse_qs(urlsplit(back).query)["code"][0]


def greet(http: httpx.Client, endpoint: str, token: str) -> Any:
    """What the tool answers in a session of 2025."""
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/json, text/event-stream"}
    about = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "real", "version": "1"}}
    hello = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": about}
    session = http.post(endpoint, json=hello, headers=headers).headers["Mcp-Session-Id"]
    call = {
        "jsonrpc": "2.0",
        "id": 2,
        "method": "tools/call",
        "params": {"name": "greet", "arguments": {"name": "Ada"}},
    }
    return http.post(endpoint, json=call, headers={**headers, "Mcp-Session-Id": session}).json()["result"]


@pytest.mark.parametrize("client", CLIENTS.values(), ids=CLIENTS)
def test_its_probes_are_answered_in_json(http: httpx.Client, client: RealClient) -> None:
    for method, path, status in client.probes:
        answer = http.request(method, path)
        assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/json"), path


@pytest.mark.parametrize("client", CLIENTS.values(), ids=CLIENTS)
def test_it_gets_a_token_and_calls_a_tool(
    site: LiveServer, http: httpx.Client, host: MetadataHost, client: RealClient
) -> None:
    credentials, pkce = make_known(http, host, client), Pkce()
    form = {
        **credentials,
        "grant_type": "authorization_code",
        "code": authorize(site, client, credentials["client_id"], pkce),
        "code_verifier": pkce.verifier,
        "redirect_uri": client.redirect_uri,
    }
    basic = (credentials["client_id"], credentials["client_secret"]) if client is CLIENTS["codex"] else None
    if basic:
        form = {name: value for name, value in form.items() if name not in credentials}
    answer = http.post("/token", data=form, auth=basic)
    assert answer.status_code == 200, answer.text
    assert greet(http, client.endpoint, answer.json()["access_token"])["structuredContent"] == {"result": "Hello, Ada!"}
