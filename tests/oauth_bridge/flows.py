"""One client and one person going through the authorization server, step by step."""

import base64
import hashlib
import json
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from allauth.account.internal.flows.login import record_authentication
from bs4 import BeautifulSoup
from django.db.models import F
from django.test import Client as Browser
from django.test import RequestFactory

from accounts.models import User
from oauth_bridge.bearer import BearerError, verify
from oauth_bridge.models import ConnectionRefreshToken
from tests.oauth_bridge.protected import RESOURCE

FORM = "application/x-www-form-urlencoded"
VERIFIER = "a-verifier-that-is-long-enough-for-rfc-7636-x"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
REDIRECT_URI = "https://client.example/callback"
ISSUER = "http://localhost:8000"


def sign_in(browser: Browser, user: User) -> None:
    """As if they had given their password just now."""
    browser.force_login(user)
    request = RequestFactory().get("/")
    request.session = browser.session
    record_authentication(request, user, "password")
    request.session.save()


def register(browser: Browser, **metadata: Any) -> Any:
    """The answer to a registration request."""
    metadata.setdefault("redirect_uris", [REDIRECT_URI])
    metadata.setdefault("token_endpoint_auth_method", "none")
    return browser.post("/register", json.dumps(metadata), content_type="application/json")


def post_form(browser: Browser, path: str, fields: Any, **headers: Any) -> Any:
    """The answer to a form, encoded as OAuth wants it; Django's test client would send multipart."""
    return browser.post(path, urlencode(fields, doseq=True), content_type=FORM, headers=headers or None)


def answer_of(response: Any) -> dict[str, str]:
    """The parameters that a redirect carries back to the client."""
    assert response.status_code == 302, response.content
    return {name: values[0] for name, values in parse_qs(urlsplit(response["Location"]).query).items()}


@dataclass
class Form:
    """The consent form as it was shown: the boxes with whether they are ticked, and what else it sends."""

    scopes: dict[str, bool]
    fields: dict[str, str]

    def answer(self, decision: str = "allow", untick: Collection[str] = (), **changes: str) -> dict[str, Any]:
        """What a browser sends for the button: `allow`, `read` or `deny`."""
        button = {"deny": "1"} if decision == "deny" else {"allow": "read" if decision == "read" else "all"}
        ticked = [scope for scope, is_ticked in self.scopes.items() if is_ticked and scope not in untick]
        return {**self.fields, **button, "scope": ticked, **changes}


def consent_form(page: Any) -> Form:
    """The form of a consent page."""
    document = BeautifulSoup(page.content, "html.parser")
    button = document.find("button", {"name": "allow"})
    assert button is not None, page.content.decode()
    form = button.find_parent("form")
    assert form is not None
    boxes = {str(box["value"]): box.has_attr("checked") for box in form.find_all("input", {"name": "scope"})}
    fields = {str(field["name"]): str(field["value"]) for field in form.find_all("input", {"type": "hidden"})}
    chosen = form.find("input", {"name": "lifetime", "checked": True})
    return Form(boxes, {**fields, "lifetime": str(chosen["value"]) if chosen else ""})


@dataclass
class Flow:
    """A registered client in one person's browser."""

    browser: Browser
    client_id: str
    client_secret: str | None = None
    redirect_uri: str = REDIRECT_URI
    resource: str | None = RESOURCE
    scope: str | None = None
    extra: dict[str, Any] = field(default_factory=dict)

    def authorize_url(self, **changes: Any) -> str:
        """The authorization request; None leaves a parameter out."""
        parameters: dict[str, Any] = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
            "state": "state-1",
            "resource": self.resource,
            "scope": self.scope,
            **self.extra,
            **changes,
        }
        given = {name: value for name, value in parameters.items() if value is not None}
        return f"/authorize?{urlencode(given, doseq=True)}"

    def page(self, **changes: Any) -> Form:
        """The consent form, as the person is shown it."""
        return consent_form(self.browser.get(self.authorize_url(**changes)))

    def consent(self, decision: str = "allow", untick: Collection[str] = (), **changes: Any) -> Any:
        """The answer to the person's decision; `changes` are those of the request."""
        url = self.authorize_url(**changes)
        page = self.browser.get(url)
        if page.status_code != 200:  # refused, or remembered
            return page
        return self.browser.post(url, consent_form(page).answer(decision, untick))

    def code(self, **changes: Any) -> str:
        """A code for a consent just given."""
        return answer_of(self.consent(**changes))["code"]

    def token(self, **fields: Any) -> Any:
        """The answer of the token endpoint."""
        form = {"client_id": self.client_id, "client_secret": self.client_secret, **fields}
        return post_form(self.browser, "/token", {name: value for name, value in form.items() if value is not None})

    def exchange(self, code: str, **fields: Any) -> Any:
        """The answer to a code."""
        form = {"code": code, "redirect_uri": self.redirect_uri, "code_verifier": VERIFIER, **fields}
        return self.token(grant_type="authorization_code", **form)

    def refresh(self, refresh_token: str, **fields: Any) -> Any:
        """The answer to a refresh token."""
        return self.token(grant_type="refresh_token", refresh_token=refresh_token, **fields)

    def revoke(self, token: str, **fields: Any) -> Any:
        """The answer of the revocation endpoint."""
        form = {"token": token, "client_id": self.client_id, "client_secret": self.client_secret, **fields}
        return post_form(self.browser, "/revoke", {name: value for name, value in form.items() if value is not None})

    def tokens(self, **changes: Any) -> dict[str, Any]:
        """Tokens for a consent just given."""
        response = self.exchange(self.code(**changes))
        assert response.status_code == 200, response.content
        answer: dict[str, Any] = response.json()
        return answer


def refused(flow: Flow, **changes: object) -> dict[str, str]:
    """The error that a request is answered with, by redirect, before anybody is asked."""
    response = flow.browser.get(flow.authorize_url(**changes))
    assert response["Location"].startswith(flow.redirect_uri)
    return answer_of(response)


def error(response: Any) -> str:
    assert response.status_code == 400
    return str(response.json()["error"])


def pass_grace() -> None:
    """Let the grace window of every rotated token be over."""
    ConnectionRefreshToken.objects.update(rotated_at=F("rotated_at") - timedelta(seconds=31))


def works(tokens: dict[str, Any], resource: str = RESOURCE) -> bool:
    try:
        verify(tokens["access_token"], resource)
    except BearerError:
        return False
    return True


def basic(client_id: str, secret: str, scheme: str = "Basic") -> dict[str, str]:
    credentials = base64.b64encode(f"{client_id}:{secret}".encode()).decode()
    return {"Authorization": f"{scheme} {credentials}"}
