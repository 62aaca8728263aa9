"""Calls to providers end: with an answer, or without one."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
import requests

from accounts.provider_session import BoundedSession
from tests.identity_provider import Fault, IdentityProvider

SECRET = "the site's secret"


@pytest.fixture
def idp() -> Iterator[IdentityProvider]:
    with IdentityProvider() as running:
        yield running


@pytest.fixture
def session() -> Iterator[BoundedSession]:
    with BoundedSession(0.5) as opened:
        yield opened


def test_an_answer_is_read_whole(idp: IdentityProvider, session: BoundedSession) -> None:
    assert session.get(f"{idp.url}/.well-known/openid-configuration").json() == idp.document()


@pytest.mark.parametrize("fault", ["hang", "drip", "cut", "endless"])
def test_one_that_does_not_come_whole_is_an_error(idp: IdentityProvider, session: BoundedSession, fault: Fault) -> None:
    idp.faults["/jwks"] = fault
    with pytest.raises(requests.RequestException):
        session.get(f"{idp.url}/jwks")


def test_nobody_there_is_an_error(idp: IdentityProvider, session: BoundedSession) -> None:
    with pytest.raises(requests.ConnectionError):
        session.get("http://127.0.0.1:9/")


class Redirecting(BaseHTTPRequestHandler):
    """Sends everybody on to /elsewhere, and notes who came there."""

    came: list[str] = []

    def do_GET(self) -> None:
        self.came.append(f"{self.command} {self.path}")
        self.send_response(200 if self.path == "/elsewhere" else 307)
        self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, *_: object) -> None:
        """Tests have logs of their own."""


@pytest.mark.parametrize(("method", "arrives"), [("GET", True), ("POST", False)])
def test_a_secret_is_not_sent_on(session: BoundedSession, method: str, arrives: bool) -> None:
    Redirecting.came.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Redirecting)
    Thread(target=server.serve_forever, daemon=True).start()
    session.request(method, f"http://127.0.0.1:{server.server_port}/token", data={"client_secret": SECRET})
    server.shutdown()
    server.server_close()
    assert (f"{method} /elsewhere" in Redirecting.came) is arrives
