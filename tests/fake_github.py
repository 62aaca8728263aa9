"""A GitHub on this machine: it signs its one person in, rotates tokens, counts, and remembers what it gave."""

import base64
import contextlib
import json
import secrets
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, ClassVar, Self
from urllib.parse import parse_qs, urlencode, urlsplit

CLIENT_ID = "site-at-github"
CLIENT_SECRET = "the-sites-secret-at-github"

Json = dict[str, Any]


class FakeGitHub:
    """A GitHub Enterprise Server at `url`; use as a context manager. What it does can be changed while it runs."""

    def __init__(self, login: str = "octocat", user_id: int = 583231) -> None:
        self.login = login
        self.user_id = user_id
        self.expires_in: int | None = 28800
        """Seconds that an access token is good; None for tokens without end and without a refresh token."""
        self.denies = False
        """Whether its person says no."""
        self.down = False
        """Whether the token endpoint answers 503."""
        self.nameless = False
        """Whether it leaves out who somebody is."""
        self.slowness = 0.0
        """Seconds that a refresh takes."""
        self.given: list[str] = []
        """Every access and refresh token that it ever gave."""
        self.refreshes = 0
        self.authorizations: list[Json] = []
        """Queries of all authorization requests."""
        self.revoked: list[str] = []
        self.seen: list[tuple[str, str]] = []
        """Path and Authorization header of every API request."""
        self.elsewhere = ""
        """Where `/leave` redirects."""
        self._access: dict[str, float] = {}
        self._refresh: set[str] = set()
        self._codes: set[str] = set()
        self._lock = threading.Lock()
        handler = type("Handler", (_Handler,), {"github": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    @property
    def api_url(self) -> str:
        """Base of its API, as an Enterprise Server has it."""
        return f"{self.url}/api/v3"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()

    def settings(self) -> dict[str, str | None]:
        """Environment of a site that has it for its GitHub."""
        return {"GITHUB_CLIENT_ID": CLIENT_ID, "GITHUB_CLIENT_SECRET": CLIENT_SECRET, "GITHUB_URL": self.url}

    def forget_access_tokens(self) -> None:
        """Refuse every access token given so far; refresh tokens stay good."""
        self._access.clear()

    def forget_everything(self) -> None:
        """Refuse all that was given, as when the person revokes the site there."""
        self._access.clear()
        self._refresh.clear()

    def issue(self) -> Json:
        """A token response."""
        access, refresh = f"ghu_{secrets.token_hex(20)}", f"ghr_{secrets.token_hex(20)}"
        life = self.expires_in
        self._access[access] = time.time() + (life if life is not None else 10**9)
        self.given.append(access)
        answer: Json = {"access_token": access, "token_type": "bearer", "scope": "read:user"}
        if life is not None:
            self._refresh.add(refresh)
            self.given.append(refresh)
            answer |= {"expires_in": life, "refresh_token": refresh}
        return answer

    def authorize(self, query: Json) -> str:
        """Where the browser goes on to."""
        self.authorizations.append(query)
        if self.denies:
            answer = {"error": "access_denied", "state": query["state"]}
        else:
            code = secrets.token_urlsafe(12)
            self._codes.add(code)
            answer = {"code": code, "state": query["state"]}
        return f"{query['redirect_uri']}?{urlencode(answer)}"

    def token(self, form: Json) -> tuple[int, Json]:
        """Status and answer of the token endpoint. GitHub reports errors with status 200."""
        if self.down:
            return 503, {"message": "Unicorn"}
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            return 200, {"error": "incorrect_client_credentials"}
        if form.get("grant_type") == "refresh_token":
            with self._lock:
                self.refreshes += 1
                known = form["refresh_token"] in self._refresh
                self._refresh.discard(form["refresh_token"])  # good once
            time.sleep(self.slowness)
            return (200, self.issue()) if known else (200, {"error": "bad_refresh_token"})
        if form.get("code") not in self._codes:
            return 200, {"error": "bad_verification_code"}
        self._codes.discard(form["code"])
        return 200, self.issue()

    def admits(self, header: str) -> bool:
        """Whether the API takes this Authorization header."""
        scheme, _, token = header.partition(" ")
        return scheme.lower() in ("bearer", "token") and self._access.get(token, 0.0) > time.time()

    def revoke(self, header: str, body: Json) -> int:
        """Status of taking a token back."""
        basic = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        if header != f"Basic {basic}":
            return 404
        self.revoked.append(body["access_token"])
        return 204 if self._access.pop(body["access_token"], None) else 422

    def profile(self) -> Json:
        """Its person."""
        return (
            {}
            if self.nameless
            else {
                "id": self.user_id,
                "login": self.login,
                "name": "The Octocat",
                "html_url": f"{self.url}/{self.login}",
                "public_repos": 8,
            }
        )


class _Handler(BaseHTTPRequestHandler):
    github: ClassVar[FakeGitHub]
    protocol_version = "HTTP/1.1"

    def handle(self) -> None:
        with contextlib.suppress(ConnectionError):  # clients leave connections as they like
            super().handle()

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if parts.path == "/login/oauth/authorize":
            return self._redirect(self.github.authorize(_single(parts.query)))
        return self._api(parts.path)

    def do_POST(self) -> None:
        form = _single(self._body().decode())
        if urlsplit(self.path).path == "/login/oauth/access_token":
            self._send(*self.github.token(form))
        else:
            self._api(self.path)

    def do_DELETE(self) -> None:
        body = json.loads(self._body())
        if self.path == f"/api/v3/applications/{CLIENT_ID}/token":
            self._send(self.github.revoke(self.headers.get("Authorization", ""), body), {})
        else:
            self._send(404, {})

    def log_message(self, *_: object) -> None:
        """Tests have logs of their own."""

    def _api(self, path: str) -> None:
        header = self.headers.get("Authorization", "")
        self.github.seen.append((path, header))
        if not self.github.admits(header):
            return self._send(401, {"message": "Bad credentials"})
        if path in ("/api/v3/moved", "/api/v3/leave"):
            return self._redirect("/api/v3/user" if path.endswith("moved") else self.github.elsewhere)
        answers: dict[str, Callable[[], Any]] = {"/api/v3/user": self.github.profile, "/api/v3/user/emails": list}
        if path not in answers:
            return self._send(404, {"message": "Not Found"})
        return self._send(200, answers[path]())

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def _redirect(self, url: str) -> None:
        self.send_response(302)
        self.send_header("Location", url)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _send(self, status: int, answer: Any) -> None:
        body = json.dumps(answer).encode() if status != 204 else b""
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _single(query: str) -> Json:
    return {name: values[0] for name, values in parse_qs(query).items()}
