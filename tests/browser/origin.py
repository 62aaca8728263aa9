"""Web origins beside the site: where a client waits for its code, and where an attacker has a page."""

from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import TracebackType
from typing import ClassVar, Self
from urllib.parse import parse_qs, urlsplit


class Origin:
    """A web server on a free port of this machine: serves `pages` and remembers what was asked for.

    To a browser `127.0.0.1` is another site than `localhost`; another port of `localhost` is the same site, but
    another origin. Use as a context manager.
    """

    def __init__(self, host: str = "127.0.0.1") -> None:
        self.pages: dict[str, str] = {}
        """HTML by path."""
        self.redirects: dict[str, str] = {}
        """Where a path leads on to."""
        self.requests: list[str] = []
        """Paths with their queries, in the order in which they came."""
        handler = type("Handler", (_Handler,), {"origin": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.port: int = self._server.server_port
        self.url = f"http://{host}:{self.port}"

    def __enter__(self) -> Self:
        Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()

    def queries(self, path: str) -> list[dict[str, str]]:
        """Parameters of each request for a path."""
        asked = (urlsplit(request) for request in self.requests)
        return [
            {name: values[0] for name, values in parse_qs(parts.query).items()} for parts in asked if parts.path == path
        ]


class _Handler(BaseHTTPRequestHandler):
    origin: ClassVar[Origin]

    def do_GET(self) -> None:
        self.origin.requests.append(self.path)
        path = urlsplit(self.path).path
        if (target := self.origin.redirects.get(path)) is not None:
            self.send_response(302)
            self.send_header("Location", target)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        page = self.origin.pages.get(path)
        body = (page or "").encode()
        self.send_response(404 if page is None else 200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with suppress(ConnectionError):  # a browser that went on does not wait
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Tests have logs of their own."""
