"""What a client metadata document may make this server do: MCP security best practices (SSRF), CIMD draft §6.5.

Only DNS is invented here, and which machine an address leads to; sockets, TLS and HTTP are real.
"""

import gzip
import json
import threading
import time
import tracemalloc
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client as Browser

from oauth_bridge.cimd import NormalisingFetcher
from oauth_bridge.guarded_fetch import Document, FetchError
from oauth_bridge.models import Client
from tests.oauth_bridge.flows import Flow
from tests.oauth_bridge.web import HOST, PUBLIC, Web, reply
from tests.oauth_bridge.web import web as web

PATH = "/client.json"
URL = f"https://{HOST}{PATH}"
DOCUMENT = {"client_id": URL, "client_name": "Example", "redirect_uris": ["https://client.example/callback"]}


@pytest.fixture(autouse=True)
def _no_backoff() -> None:
    cache.clear()


@pytest.fixture
def published(web: Web) -> Web:
    web.put(PATH, DOCUMENT)
    return web


@pytest.fixture
def impatient(settings: Any) -> None:
    settings.OAUTH2_PROVIDER = {**settings.OAUTH2_PROVIDER, "CIMD_FETCH_TIMEOUT_SECONDS": 0.3}


def fetch() -> tuple[Document, int]:
    return NormalisingFetcher().fetch(URL)


def test_a_public_host_over_tls(published: Web) -> None:
    assert fetch()[0]["client_name"] == "Example"
    assert (published.asked, published.connected, published.requested) == ([HOST], [PUBLIC], [PATH])


def test_through_the_consent_page_to_a_token(published: Web, browser: Browser) -> None:
    assert Flow(browser, URL).tokens()["access_token"]
    assert Client.objects.get().client_id == URL


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.8.8.8",
        "0.0.0.0",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "169.254.169.254",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "fc00::1",
        "fd12:3456::1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "ff02::1",
    ],
)
def test_an_address_that_is_not_public_is_never_connected_to(published: Web, address: str) -> None:
    published.addresses[HOST] = [[address]]
    with pytest.raises(FetchError, match="non-public"):
        fetch()
    assert published.connected == []


def test_one_bad_address_among_good_ones_is_enough(published: Web) -> None:
    published.addresses[HOST] = [[PUBLIC, "10.0.0.1"]]
    with pytest.raises(FetchError, match="non-public"):
        fetch()
    assert published.connected == []


def test_dns_that_changes_between_check_and_connection(published: Web) -> None:
    """DNS rebinding: the address that was checked is the one connected to, and DNS is asked once."""
    published.addresses[HOST] = [[PUBLIC], ["127.0.0.1"]]
    fetch()
    assert (published.asked, published.connected) == ([HOST], [PUBLIC])


def test_a_host_that_there_is_not(published: Web) -> None:
    del published.addresses[HOST]
    with pytest.raises(FetchError, match="resolve"):
        fetch()


def test_a_host_with_a_label_that_is_too_long(web: Web) -> None:
    with pytest.raises(FetchError):
        NormalisingFetcher().fetch(f"https://{'x' * 64}.example/client.json")


def test_a_certificate_for_another_host(published: Web) -> None:
    other = "other.example"
    published.addresses[other] = [[PUBLIC]]
    with pytest.raises(FetchError, match=r"(?i)certificate"):
        NormalisingFetcher().fetch(f"https://{other}{PATH}")
    assert published.requested == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("target", ["/other.json", "http://169.254.169.254/latest/meta-data"])
def test_no_redirect_is_followed(published: Web, status: int, target: str) -> None:
    published.put("/other.json", DOCUMENT)
    published.answers[PATH] = lambda handler: reply(handler, b"{}", status, Location=target)
    with pytest.raises(FetchError, match=str(status)):
        fetch()
    assert published.requested == [PATH]


@pytest.mark.parametrize("status", [201, 204, 206, 400, 404, 500])
def test_only_200_is_a_document(published: Web, status: int) -> None:
    published.answers[PATH] = lambda handler: reply(handler, json.dumps(DOCUMENT).encode(), status)
    with pytest.raises(FetchError):
        fetch()


@pytest.mark.parametrize("content_type", ["text/html", "text/plain", "application/javascript", "", "json"])
def test_only_json_is_a_document(published: Web, content_type: str) -> None:
    published.put(PATH, DOCUMENT, Content_Type=content_type)
    with pytest.raises(FetchError, match="not JSON"):
        fetch()


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "application/vnd.oauth+json"])
def test_json_has_more_names_than_one(published: Web, content_type: str) -> None:
    published.put(PATH, DOCUMENT, Content_Type=content_type)
    assert fetch()[0]["client_id"] == URL


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 10_000])
def test_a_body_that_is_no_object(published: Web, browser: Browser, body: bytes) -> None:
    published.answers[PATH] = lambda handler: reply(handler, body)
    assert browser.get(Flow(browser, URL).authorize_url()).status_code == 400


def test_a_huge_body_is_not_read_to_its_end(published: Web) -> None:
    sent: list[int] = []
    hung_up = threading.Event()

    def flood(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "application/json")
        handler.end_headers()
        try:
            while len(sent) < 10_000:
                handler.wfile.write(b" " * 65_536)
                sent.append(65_536)
        except OSError:
            hung_up.set()

    published.answers[PATH] = flood
    with pytest.raises(FetchError, match="size"):
        fetch()
    assert hung_up.wait(10)


def test_a_small_body_that_unpacks_to_a_huge_one(published: Web) -> None:
    packed = gzip.compress(b" " * 50_000_000)
    published.answers[PATH] = lambda handler: reply(handler, packed, Content_Encoding="gzip")
    tracemalloc.start()
    try:
        with pytest.raises(FetchError, match="size"):
            fetch()
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


def drip(send_head: bool) -> Callable[[BaseHTTPRequestHandler], None]:
    """An answer that comes byte by byte, and is never done."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9999\r\n"
        handler.wfile.write(head + (b"\r\n" if send_head else b"X-Slow: "))
        paused = threading.Event()
        while not paused.wait(0.02):
            handler.wfile.write(b" ")  # until the other side hangs up

    return answer


@pytest.mark.usefixtures("impatient")
class TestSlow:
    """The toolkit's own timeout counts anew at every byte."""

    def refused_in_time(self) -> bool:
        start = time.monotonic()
        with pytest.raises(FetchError):
            fetch()
        return time.monotonic() - start < 5

    def test_body(self, published: Web) -> None:
        published.answers[PATH] = drip(send_head=True)
        assert self.refused_in_time()

    def test_head(self, published: Web) -> None:
        published.answers[PATH] = drip(send_head=False)
        assert self.refused_in_time()

    def test_nothing_at_all(self, published: Web) -> None:
        done = threading.Event()
        published.answers[PATH] = lambda handler: reply(handler, b"{}") if done.wait(20) else None
        try:
            assert self.refused_in_time()
        finally:
            done.set()

    def test_many_addresses_share_the_time(self, published: Web) -> None:
        published.addresses[HOST] = [[PUBLIC] * 50]
        published.answers[PATH] = drip(send_head=True)
        assert self.refused_in_time()


class TestPolicy:
    """The operator's lists of hosts (MCP basic/authorization: a domain trust policy)."""

    def status(self, browser: Browser, url: str = URL) -> int:
        return int(browser.get(Flow(browser, url).authorize_url()).status_code)

    @pytest.mark.parametrize(
        "pattern", ["client.example", ".client.example", "CLIENT.example", ".example", "*.example"]
    )
    def test_a_blocked_host_is_not_even_looked_up(
        self, published: Web, browser: Browser, settings: Any, pattern: str
    ) -> None:
        settings.OAUTH_BRIDGE_CIMD_BLOCK = [pattern]
        assert self.status(browser) == 400
        assert published.asked == []

    @pytest.mark.parametrize(
        "url",
        ["https://client.example./client.json", "https://CLIENT.EXAMPLE/client.json", "https://\uff43lient.example/c"],
    )
    def test_nor_in_another_spelling(self, published: Web, browser: Browser, settings: Any, url: str) -> None:
        settings.OAUTH_BRIDGE_CIMD_BLOCK = ["client.example"]
        assert self.status(browser, url) == 400
        assert published.asked == []

    @pytest.mark.parametrize("pattern", ["lient.example", "www.client.example", ".www.client.example", "example"])
    def test_a_block_of_another_host_is_none_of_this_one(
        self, published: Web, browser: Browser, settings: Any, pattern: str
    ) -> None:
        settings.OAUTH_BRIDGE_CIMD_BLOCK = [pattern]
        assert self.status(browser) == 200

    @pytest.mark.parametrize(("pattern", "status"), [("client.example", 200), ("other.example", 400)])
    def test_with_an_allow_list_no_other_is_let_in(
        self, published: Web, browser: Browser, settings: Any, pattern: str, status: int
    ) -> None:
        settings.OAUTH_BRIDGE_CIMD_ALLOW = [pattern]
        assert self.status(browser) == status

    def test_a_host_that_is_blocked_later_gets_no_more_tokens(
        self, published: Web, browser: Browser, settings: Any
    ) -> None:
        flow = Flow(browser, URL)
        tokens = flow.tokens()
        settings.OAUTH_BRIDGE_CIMD_BLOCK = [HOST]
        assert flow.refresh(tokens["refresh_token"]).json()["error"] == "invalid_client"

    @pytest.mark.parametrize(("trusted", "badge"), [([], b"domain checked"), ([HOST], b"approved here")])
    def test_the_consent_page_says_what_is_known(
        self, published: Web, browser: Browser, settings: Any, trusted: list[str], badge: bytes
    ) -> None:
        settings.OAUTH_BRIDGE_TRUSTED_DOMAINS = trusted
        assert badge in browser.get(Flow(browser, URL).authorize_url()).content

    def test_of_a_client_that_registered_itself_nothing(self, flow: Flow) -> None:
        assert b"not checked" in flow.browser.get(flow.authorize_url()).content

    def test_unless_the_operator_approved_it(self, flow: Flow) -> None:
        Client.objects.update(trust=Client.Trust.APPROVED)
        assert b"approved here" in flow.browser.get(flow.authorize_url()).content
