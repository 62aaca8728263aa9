"""A small OpenID provider in this process, for the sign-in path: it has one person, who always agrees."""

import json
import secrets
import time
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from types import TracebackType
from typing import Any, ClassVar, Literal, Self
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT_ID = "site"
CLIENT_SECRET = "the site's secret at the provider"
ACCESS_TOKEN = "upstream-access-token"

Fault = Literal["error", "garbage", "list", "hang", "drip", "cut", "endless"]
"""How an endpoint fails: 500, no JSON, JSON of another kind, silence, a byte now and then, a body that ends too soon,
a body that never ends."""


class IdentityProvider:
    """An OpenID provider at `url`; `claims` say who signs in. Use as a context manager."""

    def __init__(self, **claims: Any) -> None:
        self.claims = {"sub": "42", **claims}
        self.requests: list[str] = []
        """Paths that were asked for."""
        self.codes: dict[str, dict[str, str]] = {}
        self.given: list[str] = []
        """Tokens of accounts with offline access: access and refresh token in turn."""
        self.revoked: list[tuple[str, str]] = []
        """Tokens that were given back, with the Authorization header."""
        self.faults: dict[str, Fault] = {}
        """Paths that fail, and how."""
        self.refusal = ""
        """Error code that people are sent back with instead of a code (RFC 6749 §4.1.2.1)."""
        self.id_token_claims: dict[str, Any] = {}
        """What the ID token says otherwise than the user info."""
        self.closing = Event()
        self.key = _key()
        handler = type("Handler", (_Handler,), {"provider": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()

    def document(self) -> dict[str, Any]:
        """Its discovery document (OpenID Connect Discovery §4.2)."""
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "userinfo_endpoint": f"{self.url}/userinfo",
            "jwks_uri": f"{self.url}/jwks",
            "revocation_endpoint": f"{self.url}/revoke",
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        }

    def authorize(self, query: dict[str, str]) -> str:
        """Where the browser goes on to, with a code."""
        if self.refusal:
            return f"{query['redirect_uri']}?{urlencode({'error': self.refusal, 'state': query['state']})}"
        code = secrets.token_urlsafe(8)
        self.codes[code] = query
        return f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"

    def tokens(self, form: dict[str, str]) -> dict[str, Any]:
        """The token response for a code, which is good once, or for the refresh token that came last."""
        if form["grant_type"] == "refresh_token":
            return self.offline_tokens() if form["refresh_token"] == self.given[-1] else {"error": "invalid_grant"}
        query = self.codes.pop(form["code"])
        now = int(time.time())
        identity = {"iss": self.url, "aud": query["client_id"], "iat": now, "exp": now + 300}
        identity |= {**self.claims, **self.id_token_claims}
        offline = "offline_access" in query.get("scope", "").split()
        return {
            "access_token": ACCESS_TOKEN,
            "token_type": "Bearer",
            "expires_in": 3600,
            **(self.offline_tokens() if offline else {}),
            "id_token": jwt.encode(identity, self.key, algorithm="RS256", headers={"kid": "1"}),
        }

    def offline_tokens(self) -> dict[str, Any]:
        """Tokens for somebody who agreed to offline access (OpenID Connect Core §11)."""
        access, refresh = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
        self.given += [access, refresh]
        return {"access_token": access, "refresh_token": refresh, "expires_in": 3600, "token_type": "Bearer"}

    def keys(self) -> dict[str, Any]:
        """Its public key (RFC 7517 §5)."""
        key = jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        return {"keys": [{**key, "kid": "1", "alg": "RS256", "use": "sig"}]}


@cache
def _key() -> rsa.RSAPrivateKey:
    """One for all: making it takes longer than most tests."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


class _Handler(BaseHTTPRequestHandler):
    provider: ClassVar[IdentityProvider]

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        self.provider.requests.append(parts.path)
        if fault := self.provider.faults.get(parts.path):
            self._fail(fault)
            return
        if parts.path == "/authorize":
            self.send_response(302)
            self.send_header("Location", self.provider.authorize(_single(parts.query)))
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        answers = {
            "/.well-known/openid-configuration": self.provider.document,
            "/jwks": self.provider.keys,
            "/userinfo": lambda: self.provider.claims,
        }
        self._send(answers[parts.path]())

    def do_POST(self) -> None:
        self.provider.requests.append(self.path)
        form = _single(self.rfile.read(int(self.headers["Content-Length"])).decode())
        if fault := self.provider.faults.get(self.path):
            self._fail(fault)
            return
        if self.path == "/revoke":
            self.provider.revoked.append((form["token"], self.headers.get("Authorization", "")))
            self._send({})
            return
        self._send(self.provider.tokens(form))

    def log_message(self, *_: object) -> None:
        """Tests have logs of their own."""

    def _fail(self, fault: Fault) -> None:
        if fault == "error":
            self.send_error(500)
            return
        if fault == "list":
            self._send(["of", "another", "kind"])
            return
        if fault == "hang":
            self.provider.closing.wait()
            return
        self.close_connection = True
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        if fault == "garbage":
            self.end_headers()
            self.wfile.write(b"<html>this is no JSON</html>")
            return
        if fault == "cut":
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b'{"access_token": "')
            return
        self.end_headers()
        piece, pause = (b" ", 0.05) if fault == "drip" else (b" " * 65536, 0.0)
        try:
            while not self.provider.closing.wait(pause):
                self.wfile.write(piece)
        except OSError:
            return  # whoever asked has hung up

    def _send(self, answer: dict[str, Any] | list[str]) -> None:
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _single(query: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(query).items()}
