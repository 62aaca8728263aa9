"""An OAuth client in plain HTTP: registers, sends a person to consent, and trades codes for tokens."""

import base64
import hashlib
import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx

from tests.live import NO_AUTHORITIES, SHORT_IDLE
from tests.person import Answer, Person

CALLBACK = "http://127.0.0.1:49152/callback"


@dataclass
class Pkce:
    """A verifier and its S256 challenge (RFC 7636 §4.2)."""

    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))

    @property
    def challenge(self) -> str:
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


class App:
    """A public client that registered itself at `base_url` and keeps the last tokens it was given."""

    def __init__(self, base_url: str, name: str = "Test app", redirect_uri: str = CALLBACK) -> None:
        self.base_url = base_url
        self.redirect_uri = redirect_uri
        self.http = httpx.Client(base_url=base_url, timeout=30, verify=NO_AUTHORITIES, limits=SHORT_IDLE)
        registration = self.http.post(
            "/register",
            json={
                "client_name": name,
                "redirect_uris": [redirect_uri],
                "grant_types": ["authorization_code", "refresh_token"],
                "response_types": ["code"],
                "token_endpoint_auth_method": "none",
                "application_type": "native",
            },
        )
        assert registration.status_code == 201, registration.text
        self.client_id: str = registration.json()["client_id"]
        self.tokens: dict[str, Any] = {}
        self.secrets: list[str] = []
        """Every code, verifier and token that this app ever held."""

    def connect(self, person: Person, scope: str | None = None, **more: str) -> str:
        """Access token that `person` granted; `more` are further authorization parameters."""
        pkce = Pkce()
        back = self.ask(person, pkce, scope, "allow", **more)
        self.secrets += [pkce.verifier, back["code"]]
        return self.redeem(back["code"], pkce)

    def ask(
        self, person: Person, pkce: Pkce, scope: str | None = None, answer: Answer = "allow", **more: str
    ) -> dict[str, str]:
        """Parameters of the redirect that `person` comes back with."""
        state = secrets.token_urlsafe()
        back = person.visit(self.authorization_url(pkce, scope, state=state, **more), answer)
        assert back.startswith(f"{self.redirect_uri}?"), back
        returned = {name: values[0] for name, values in parse_qs(urlsplit(back).query).items()}
        assert returned["state"] == state
        return returned

    def authorization_url(self, pkce: Pkce, scope: str | None = None, **more: str) -> str:
        """Where the browser is sent; `more` are further parameters."""
        asked = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "code_challenge": pkce.challenge,
            "code_challenge_method": "S256",
            **({"scope": scope} if scope is not None else {}),
            **more,
        }
        return f"{self.base_url}/authorize?{urlencode(asked)}"

    def redeem(self, code: str, pkce: Pkce) -> str:
        """Access token for an authorization code."""
        return self._token(
            grant_type="authorization_code", code=code, code_verifier=pkce.verifier, redirect_uri=self.redirect_uri
        )

    def refresh(self) -> str:
        """Access token for the refresh token that came last."""
        return self._token(grant_type="refresh_token", refresh_token=self.tokens["refresh_token"])

    def revoke(self) -> None:
        """Give the connection back (RFC 7009)."""
        form = {"token": self.tokens["refresh_token"], "client_id": self.client_id}
        assert self.http.post("/revoke", data=form).status_code == 200

    def _token(self, **form: str) -> str:
        response = self.http.post("/token", data={**form, "client_id": self.client_id})
        assert response.status_code == 200, response.text
        self.tokens = response.json()
        self.secrets += [self.tokens[name] for name in ("access_token", "refresh_token") if name in self.tokens]
        token: str = self.tokens["access_token"]
        return token
