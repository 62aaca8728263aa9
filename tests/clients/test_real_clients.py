"""Clients that people use, each from its first probe to a tool's answer, over HTTP against a live server.

What they send is recorded in mcpsite/doctor/profiles.py; tests/oauth_bridge/test_real_clients.py has each peculiarity
alone.
"""

import secrets
from collections.abc import Iterator
from contextlib import closing
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest

from mcpsite.doctor.profiles import CLIENTS, KnownClient
from tests.clients.app import Pkce
from tests.clients.metadata_host import MetadataHost
from tests.conftest import PASSWORD, USERS
from tests.live import LiveServer
from tests.person import Person

BY_DOCUMENT = ("claude_code", "chatgpt")
"""Those that show their document here; the others register, as all can."""


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


def make_known(http: httpx.Client, host: MetadataHost, client: KnownClient) -> dict[str, str]:
    """The client's credentials, as fields of a token request."""
    if client in [CLIENTS[key] for key in BY_DOCUMENT]:
        document = {name: value for name, value in client.document.items() if name != "client_id"}
        return {"client_id": host.publish(f"{secrets.token_hex(4)}.json", **document)}
    answer = http.post("/register", json=client.registration)
    assert answer.status_code == 201, answer.text
    registered = answer.json()
    return {name: registered[name] for name in ("client_id", "client_secret") if name in registered}


def authorize(site: LiveServer, client: KnownClient, client_id: str, pkce: Pkce) -> str:
    """The code that a person's consent brings."""
    asked = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": client.redirect_uri,
        "code_challenge": pkce.challenge,
        "code_challenge_method": "S256",
        "state": "state",
        **client.asking(site.url, f"{site.url}/mcp"),
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
def test_its_probes_are_answered_in_json(http: httpx.Client, client: KnownClient) -> None:
    for method, path, status in client.paths("/mcp"):
        answer = http.request(method, path)
        assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/json"), path


@pytest.mark.parametrize("client", CLIENTS.values(), ids=CLIENTS)
def test_it_gets_a_token_and_calls_a_tool(
    site: LiveServer, http: httpx.Client, host: MetadataHost, client: KnownClient
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
    assert greet(http, "/mcp/" if client.slash else "/mcp", answer.json()["access_token"])["structuredContent"] == {
        "result": "Hello, Ada!"
    }
