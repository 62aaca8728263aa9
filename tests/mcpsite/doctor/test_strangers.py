"""Whatever answers at the address: it gets no token, and cannot break the doctor."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from mcpsite.doctor import Examination, Finding, Patient
from mcpsite.doctor.site import Site
from tests.mcpsite.doctor.conftest import named

TOKEN = "mcp_pat_this-must-not-get-there"

Requests = list[tuple[str, str, str | None]]


@contextmanager
def stranger(status: int, document: Any, **headers: str) -> Iterator[tuple[str, Requests]]:
    """The URL of a server that gives one answer to everything, and what it was asked."""
    requests: Requests = []

    class Stranger(BaseHTTPRequestHandler):
        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            requests.append((self.command, self.path, self.headers["Authorization"]))
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            self.wfile.write(json.dumps(document).encode())

        def log_message(self, format: str, *args: object) -> None:
            """Stay silent."""

    for method in ("GET", "POST", "OPTIONS", "DELETE"):
        setattr(Stranger, f"do_{method}", Stranger.answer)
    with ThreadingHTTPServer(("127.0.0.1", 0), Stranger) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://localhost:{server.server_port}/mcp", requests
        finally:
            server.shutdown()
            thread.join()


def examined(url: str) -> list[Finding]:
    """All findings, with a token in hand."""
    return list(Examination(Patient(url, TOKEN, seconds=20, wait=0.2)))


@pytest.mark.parametrize("status", [200, 201, 401])
@pytest.mark.parametrize(
    "document",
    [
        [],
        "text",
        {"issuer": 5, "resource": ["a"], "registration_endpoint": {}, "code_challenge_methods_supported": None},
        {"issuer": "http://[", "resource": "http://["},
        {"registration_endpoint": "x", "client_id": None, "registration_client_uri": "http://["},
        {"error": {"message": "a" * 5000}, "client_secret": 5},
    ],
)
def test_nonsense_is_a_failure_and_no_crash(status: int, document: Any) -> None:
    with stranger(status, document, WWW_Authenticate="Bearer resource_metadata=") as (url, requests):
        found = examined(url)
    assert [finding for finding in found if finding.level == "failure"]
    assert not [asked for asked in requests if TOKEN in (asked[2] or "")]


def test_a_site_that_names_another_address_gets_no_token() -> None:
    with stranger(401, {"issuer": "https://elsewhere.example"}) as (url, requests):
        found = examined(url)
    assert "public-url" in named(found)
    assert not [asked for asked in requests if TOKEN in (asked[2] or "")]


def test_nobody_else_is_asked_whatever_the_documents_name() -> None:
    """The registration says that it is managed elsewhere: its token goes there no more than any other."""
    with stranger(200, {}) as (other, elsewhere):
        named_there = {
            "issuer": other,
            "registration_endpoint": other,
            "client_id": "a",
            "registration_access_token": "secret",
            "registration_client_uri": f"{other}/register/a",
        }
        with stranger(201, named_there) as (url, requests):
            examined(url)
    assert requests
    assert elsewhere == []


@pytest.mark.parametrize(
    ("url", "is_private"),
    [
        ("http://mcp.example.com/mcp", False),
        ("https://mcp.example.com/mcp", True),
        ("http://localhost:8000/mcp", True),
    ],
)
def test_a_token_travels_by_tls_or_not_at_all(url: str, is_private: bool) -> None:
    assert Site(url).is_private_way is is_private
