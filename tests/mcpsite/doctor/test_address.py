"""Addresses that cannot be reached, certificates that nobody trusts, and clocks that are wrong."""

import datetime
import re
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from pytest_django.live_server_helper import LiveServer as HttpServer

from mcpsite.doctor import Examination, Patient, documents, reach
from mcpsite.doctor.site import NoAnswerError, Site
from tests.live import LiveServer
from tests.mcpsite.doctor.conftest import Behind, named, only, reserved_port
from tests.mcpsite.doctor.nginx import FORWARDED, Certificate, Nginx

ANSWERS = "location / { default_type application/json; return 200 '{}'; }"


@pytest.fixture
def silent() -> Iterator[int]:
    """Port of a server that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def late() -> Iterator[int]:
    """Port of a server whose clock is ten minutes behind."""

    class Late(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()

        def date_time_string(self, timestamp: float | None = None) -> str:
            return super().date_time_string(time.time() - 600)

        def log_message(self, format: str, *args: object) -> None:
            """Stay silent."""

    with HTTPServer(("127.0.0.1", 0), Late) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


def test_a_right_address(behind: Behind) -> None:
    with behind() as site:
        found = list(reach.examine(site))
    assert named(found) == {"reach.private"}  # these tests are on no public address
    assert only(found, "reach.private").clients == ("Claude.ai", "ChatGPT")
    assert {finding.check for finding in found if finding.level == "ok"} == {"tls", "clock"}


def test_a_name_that_is_not_in_dns() -> None:
    found = list(reach.examine(Site("https://nobody.invalid/mcp")))
    assert named(found) == {"reach.dns"}
    assert "nobody.invalid" in found[-1].mend


def test_a_port_where_nothing_listens() -> None:
    found = list(reach.examine(Site(f"https://localhost:{reserved_port()}/mcp")))
    assert "reach.refused" in named(found)
    assert found[-1].ends


def test_nothing_is_asked_where_nothing_can_be_reached() -> None:
    found = list(Examination(Patient(f"https://localhost:{reserved_port()}/mcp")))
    assert [finding.check for finding in found[-2:]] == ["reach.refused", "unfinished"]


def test_one_of_several_addresses_where_nothing_listens(monkeypatch: pytest.MonkeyPatch, behind: Behind) -> None:
    """A machine of these tests has one address for a name, so DNS is told what to say."""
    with behind() as site:
        where = [(socket.AF_INET, 0, 0, "", (host, site.port)) for host in ("127.0.0.1", "127.0.0.9")]
        monkeypatch.setattr("mcpsite.doctor.reach.socket.getaddrinfo", lambda *_, **__: where)
        with monkeypatch.context() as patched:
            patched.setattr("mcpsite.doctor.reach._tls", lambda *_: iter(()))
            patched.setattr("mcpsite.doctor.reach._answer", lambda *_: iter(()))
            found = list(reach.examine(site))
    assert "127.0.0.9" in only(found, "reach.address").got


@pytest.mark.parametrize(
    ("host", "days", "reason"),
    [
        ("localhost", -1, "the certificate has expired"),
        ("other.example", 90, "the certificate is for another host name"),
    ],
)
def test_a_certificate_that_is_not_good(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, host: str, days: float, reason: str
) -> None:
    bad = Certificate(tmp_path, host, days)
    monkeypatch.setenv("SSL_CERT_FILE", str(bad.file))
    with Nginx(reserved_port(), ANSWERS, bad) as proxy:
        found = list(reach.examine(Site(f"https://localhost:{proxy.port}/mcp")))
    assert only(found, "reach.tls").got == reason
    assert found[-1].ends


def test_a_certificate_that_nobody_vouches_for(tmp_path: Path) -> None:
    with Nginx(reserved_port(), ANSWERS, Certificate(tmp_path)) as proxy:
        found = list(reach.examine(Site(f"https://localhost:{proxy.port}/mcp")))
    assert only(found, "reach.tls").got == "the certificate is signed by itself, so no client trusts it"


def test_a_certificate_that_ends_soon(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    soon = Certificate(tmp_path, days=5)
    monkeypatch.setenv("SSL_CERT_FILE", str(soon.file))
    with Nginx(reserved_port(), ANSWERS, soon) as proxy:
        found = list(reach.examine(Site(f"https://localhost:{proxy.port}/mcp")))
    assert only(found, "tls.expiry").got == "the certificate ends in 4 days"


def test_a_port_that_speaks_no_tls(site: LiveServer) -> None:
    found = list(reach.examine(Site(f"https://localhost:{site.port}/mcp")))
    assert "reach.tls" in named(found)


def test_a_server_that_never_answers(silent: int) -> None:
    found = list(reach.examine(Site(f"http://localhost:{silent}/mcp", patience=0.2)))
    assert only(found, "slow").got == "no answer in time"


def test_a_connection_that_is_taken_and_never_secured(silent: int) -> None:
    found = list(reach.examine(Site(f"https://localhost:{silent}/mcp", patience=0.2)))
    assert "reach.tls" in named(found)


def test_an_answer_that_does_not_come_is_an_error_with_a_reason(silent: int) -> None:
    with pytest.raises(NoAnswerError, match="no answer in time"):
        Site(f"http://localhost:{silent}/mcp", patience=0.2).get("/")


def test_when_the_time_is_over_the_rest_is_left(behind: Behind) -> None:
    with behind() as site:
        found = list(Examination(Patient(site.url, seconds=0.0)))
    assert [(finding.level, finding.check) for finding in found][-1:] == [("skipped", "unfinished")]


def test_a_clock_that_is_wrong(late: int) -> None:
    found = list(reach.examine(Site(f"http://localhost:{late}/mcp")))
    assert named(found) == {"reach.private", "clock"}
    assert re.match(r"the server's clock is 60\d seconds behind, by its Date header", only(found, "clock").got)


@pytest.mark.parametrize("date", ["", "yesterday", "Thu, 01 Jan 2026 00:00:00"])
def test_a_date_that_tells_nothing_is_left_alone(date: str) -> None:
    assert list(reach.clock("GET /", date)) == []


def test_a_clock_that_is_ahead() -> None:
    now = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    (found,) = reach.clock("GET /", "Thu, 01 Jan 2026 00:01:00 GMT", now)
    assert found.got == "the server's clock is 60 seconds ahead, by its Date header"


def test_http_on_an_address_that_is_not_this_machine(monkeypatch: pytest.MonkeyPatch, silent: int) -> None:
    """DNS is told what to say; the connection is a real one."""
    where = [(socket.AF_INET, 0, 0, "", ("192.0.2.1", silent))]
    monkeypatch.setattr("mcpsite.doctor.reach.socket.getaddrinfo", lambda *_, **__: where)
    monkeypatch.setattr("mcpsite.doctor.reach._refused", lambda *_: ["192.0.2.1"])
    assert "url.scheme" in named(reach.examine(Site("http://mcp.example.com/mcp")))


def test_a_public_url_with_another_host(site: LiveServer) -> None:
    found = only(documents.examine(Site(f"http://127.0.0.1:{site.port}/mcp")), "public-url")
    assert f"PUBLIC_URL=http://127.0.0.1:{site.port}" in found.mend


def test_a_public_url_with_the_wrong_scheme(live_server: HttpServer, settings: Any, certificate: Certificate) -> None:
    port = reserved_port()
    settings.PUBLIC_URL = f"http://localhost:{port}"
    server = f"location / {{ proxy_pass {live_server.url}; {FORWARDED} }}"
    with Nginx(port, server, certificate):
        found = only(documents.examine(Site(f"https://localhost:{port}/mcp")), "public-url.scheme")
    assert found.got == f"http://localhost:{port}: http where clients come by https"
    assert f"PUBLIC_URL=https://localhost:{port}" in found.mend
