"""Client ID Metadata Documents: when they are fetched, from where, and what is kept of them."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client as Browser
from django.utils import timezone
from oauth2_provider import cimd as toolkit

from oauth_bridge.bearer import verify
from oauth_bridge.cimd import (
    NormalisingFetcher,
    SignedInPermission,
    is_document_url,
    load_loopback_client,
    normalised,
    on_behalf_of_a_user,
)
from oauth_bridge.models import Client
from tests.oauth_bridge.flows import Flow, answer_of, post_form
from tests.oauth_bridge.protected import RESOURCE

URL = "https://client.example/oauth/metadata.json"
DOCUMENT: dict[str, Any] = {
    "client_id": URL,
    "client_name": "Example",
    "redirect_uris": ["https://client.example/callback"],
    "token_endpoint_auth_method": "none",
}

Publish = Callable[..., list[str]]


@pytest.fixture(autouse=True)
def _no_backoff() -> None:
    cache.clear()


@pytest.fixture
def publish(monkeypatch: pytest.MonkeyPatch) -> Publish:
    """Puts a document at a URL, without a network; returns the URLs that were fetched."""
    fetched: list[str] = []
    documents: dict[str, dict[str, Any]] = {}

    def fetch(client_id: str) -> tuple[dict[str, Any], int]:
        fetched.append(client_id)
        if client_id not in documents:
            raise toolkit.CIMDError("not found")
        return documents[client_id], 300

    def put(url: str = URL, **changes: Any) -> list[str]:
        documents[url] = {**DOCUMENT, "client_id": url, **changes}
        return fetched

    monkeypatch.setattr("oauth_bridge.cimd.fetch_json", fetch)
    return put


@pytest.fixture
def by_document(browser: Browser) -> Flow:
    """A client that nobody registered, in alice's browser."""
    return Flow(browser, URL)


class TestFetched:
    def test_leads_to_a_token(self, publish: Publish, by_document: Flow) -> None:
        publish()
        tokens = by_document.tokens()
        assert verify(tokens["access_token"], RESOURCE).client_id == URL

    def test_after_sign_in_alone(self, publish: Publish, by_document: Flow) -> None:
        """MCP security best practices, SSRF: strangers cannot make this server send requests."""
        fetched = publish()
        response = Browser().get(by_document.authorize_url())
        assert response["Location"].startswith("/accounts/login/")
        assert fetched == []

    @pytest.mark.parametrize("path", ["/token", "/revoke"])
    def test_never_for_the_token_endpoint(self, db: None, publish: Publish, path: str) -> None:
        fetched = publish()
        form = {"client_id": URL, "grant_type": "authorization_code", "code": "x", "token": "x"}
        assert post_form(Browser(), path, form).json()["error"] == "invalid_client"
        assert fetched == []

    def test_once_until_it_is_stale(self, publish: Publish, by_document: Flow) -> None:
        fetched = publish()
        by_document.tokens()
        assert fetched == [URL]
        Client.objects.update(cimd_expires_at=timezone.now())
        publish(client_name="Renamed")
        by_document.browser.get(by_document.authorize_url())
        assert fetched == [URL, URL]
        assert Client.objects.get().name == "Renamed"

    def test_that_is_gone_later_leaves_the_client_as_it_was(self, publish: Publish, by_document: Flow) -> None:
        publish()
        by_document.tokens()
        Client.objects.update(cimd_expires_at=timezone.now())
        publish(client_id="https://other.example/x")
        assert "code" in answer_of(by_document.consent())

    def test_keeps_what_describes_the_client(self, publish: Publish, by_document: Flow) -> None:
        publish(client_uri="https://client.example/", logo_uri="javascript:x", contacts=["a@b.example", 7])
        by_document.browser.get(by_document.authorize_url())
        client = Client.objects.get()
        assert (client.client_uri, client.logo_uri, client.contacts) == (
            "https://client.example/",
            "",
            ["a@b.example"],
        )
        assert client.registration_source == Client.RegistrationSource.CIMD
        assert client.may_refresh

    def test_without_the_refresh_grant_gives_no_refresh_token(self, publish: Publish, by_document: Flow) -> None:
        publish(grant_types=["authorization_code"])
        assert "refresh_token" not in by_document.tokens()

    def test_consent_says_where_it_is_described(self, publish: Publish, by_document: Flow) -> None:
        publish()
        page = by_document.browser.get(by_document.authorize_url()).content
        assert b"described at client.example" in page


class TestRefused:
    @pytest.mark.parametrize(
        "changes",
        [
            {"client_id": "https://other.example/metadata.json"},
            {"redirect_uris": []},
            {"redirect_uris": "https://client.example/callback"},
            {"redirect_uris": [7]},
            {"redirect_uris": ["http://evil.example/cb", "javascript:x"]},
            {"redirect_uris": [f"https://client.example/{number}" for number in range(21)]},
            {"token_endpoint_auth_method": "private_key_jwt"},
            {"token_endpoint_auth_method": "client_secret_post"},
            {"client_secret": "x"},
            {"grant_types": ["client_credentials"]},
            {"grant_types": "authorization_code"},
            {"client_name": 7},
        ],
    )
    def test_is_an_unknown_client(self, publish: Publish, by_document: Flow, changes: dict[str, Any]) -> None:
        publish(**changes)
        response = by_document.browser.get(by_document.authorize_url())
        assert response.status_code == 400
        assert not Client.objects.exists()

    def test_may_not_take_over_a_client_of_the_operator(self, publish: Publish, by_document: Flow) -> None:
        Client.objects.create(client_id=URL, redirect_uris="https://mine.example/")
        publish()
        assert by_document.browser.get(by_document.authorize_url()).status_code == 400
        assert Client.objects.get().redirect_uris == "https://mine.example/"

    def test_a_client_that_was_disabled_stays_so(self, publish: Publish, by_document: Flow) -> None:
        publish()
        by_document.tokens()
        Client.objects.update(disabled=True, cimd_expires_at=timezone.now())
        assert by_document.browser.get(by_document.authorize_url()).status_code == 400

    @pytest.mark.parametrize(
        "url",
        [
            "https://127.0.0.1/metadata.json",
            "https://localhost/metadata.json",
            "https://[::1]/metadata.json",
            "https://[::ffff:127.0.0.1]/metadata.json",
            "https://169.254.169.254/latest/meta-data",
            "https://10.0.0.1/metadata.json",
            "https://client.example",
            "https://user@client.example/metadata.json",
            "https://client.example/a/../b",
            "https://client.example/metadata.json#x",
            "https://client.example:99999/metadata.json",
        ],
    )
    def test_the_guards_of_the_toolkit_are_kept(self, browser: Browser, url: str) -> None:
        """CIMD §6.5: nothing on this machine or network is ever asked."""
        assert browser.get(Flow(browser, url).authorize_url()).status_code == 400


class TestNormalised:
    def test_drops_what_is_not_supported(self) -> None:
        document = normalised(
            {
                **DOCUMENT,
                "client_name": "Evil\u202eName",
                "grant_types": ["authorization_code", "urn:ietf:params:oauth:grant-type:jwt-bearer"],
                "token_endpoint_auth_method": "private_key_jwt",
                "token_endpoint_auth_methods_supported": ["private_key_jwt", "none"],
                "redirect_uris": ["https://client.example/callback", "unknown-app://cb"],
            }
        )
        assert document["client_name"] == "EvilName"
        assert document["grant_types"] == ["authorization_code"]
        assert document["token_endpoint_auth_method"] == "none"
        assert document["redirect_uris"] == ["https://client.example/callback"]

    def test_leaves_a_method_that_has_no_alternative(self) -> None:
        document = normalised({**DOCUMENT, "token_endpoint_auth_method": "private_key_jwt"})
        assert document["token_endpoint_auth_method"] == "private_key_jwt"


class Handler(BaseHTTPRequestHandler):
    """Serves one document, or a redirect to it."""

    def do_GET(self) -> None:
        if self.path == "/redirect":
            self.send_response(302)
            self.send_header("Location", "/client.json")
            self.end_headers()
            return
        url = f"http://127.0.0.1:{self.server.server_port}{self.path}"  # type: ignore[attr-defined]  # an HTTPServer
        body = json.dumps({**DOCUMENT, "client_id": url}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def loopback() -> Iterator[str]:
    """A web server on this machine."""
    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


class TestLoopback:
    def test_leads_to_a_token_where_a_test_allowed_it(self, browser: Browser, loopback: str, settings: Any) -> None:
        settings.OAUTH_BRIDGE_CIMD_ALLOW_LOOPBACK = True
        flow = Flow(browser, f"{loopback}/client.json")
        assert verify(flow.tokens()["access_token"], RESOURCE).client_name == "Example"

    def test_of_a_disabled_client_is_refused(self, browser: Browser, loopback: str, settings: Any) -> None:
        settings.OAUTH_BRIDGE_CIMD_ALLOW_LOOPBACK = True
        flow = Flow(browser, f"{loopback}/client.json")
        flow.tokens()
        Client.objects.update(disabled=True)
        assert browser.get(flow.authorize_url()).status_code == 400

    def test_is_refused_otherwise(self, browser: Browser, loopback: str) -> None:
        flow = Flow(browser, f"{loopback}/client.json")
        assert browser.get(flow.authorize_url()).status_code == 400

    def test_is_fetched_after_sign_in_alone(self, db: None, loopback: str, settings: Any) -> None:
        settings.OAUTH_BRIDGE_CIMD_ALLOW_LOOPBACK = True
        url = f"{loopback}/client.json"
        assert Browser().get(Flow(Browser(), url).authorize_url()).status_code == 302
        assert load_loopback_client(url) is None

    def test_follows_no_redirect(self, browser: Browser, loopback: str, settings: Any) -> None:
        settings.OAUTH_BRIDGE_CIMD_ALLOW_LOOPBACK = True
        assert browser.get(Flow(browser, f"{loopback}/redirect").authorize_url()).status_code == 400

    def test_that_does_not_answer_is_an_unknown_client(self, browser: Browser, settings: Any) -> None:
        settings.OAUTH_BRIDGE_CIMD_ALLOW_LOOPBACK = True
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{unused.getsockname()[1]}/client.json"
            assert browser.get(Flow(browser, url).authorize_url()).status_code == 400

    def test_may_be_over_https(self, settings: Any) -> None:
        settings.OAUTH_BRIDGE_CIMD_ALLOW_LOOPBACK = True
        assert is_document_url("https://localhost:8443/client.json")

    @pytest.mark.parametrize("url", ["http://evil.example/x", "http://[bad/x", "http://localhost", "mcp"])
    def test_is_for_this_machine_alone(self, settings: Any, url: str) -> None:
        settings.OAUTH_BRIDGE_CIMD_ALLOW_LOOPBACK = True
        assert not is_document_url(url)


def test_the_fetcher_outside_a_request_keeps_nothing(publish: Publish) -> None:
    publish()
    document, max_age = NormalisingFetcher().fetch(URL)
    assert (document["client_name"], max_age) == ("Example", 300)


def test_a_request_leaves_no_permission_behind(db: None, publish: Publish) -> None:
    with on_behalf_of_a_user():
        assert SignedInPermission().has_permission(None, URL)
    assert not SignedInPermission().has_permission(None, URL)
