"""One person and one client at the stock site, step by step."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from unittest import mock
from urllib.parse import parse_qs, urlencode, urlsplit

from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client, override_settings
from oauth2_provider.oauth2_validators import OAuth2Validator

VERIFIER = "a-verifier-that-is-long-enough-for-rfc-7636-x"
CHALLENGE = "jRa6Popcby0XZQnLJ082xRyWrbNoWk0cyuzwJnHs-wU"
CALLBACK = "https://client.example/callback"
FORM = "application/x-www-form-urlencoded"
OTHER_RESOURCE = "https://other.example/mcp"


def configured(**changes: Any) -> override_settings:
    """A block in which the toolkit has these settings too."""
    return override_settings(OAUTH2_PROVIDER={**settings.OAUTH2_PROVIDER, **changes})


class Stock:
    """Alice's browser at the stock site."""

    def __init__(self) -> None:
        self.alice = User.objects.create_user(f"alice-{User.objects.count()}")
        # What would be a 500 in production is told as such, not raised.
        self.browser = Client(raise_request_exception=False)
        self.browser.force_login(self.alice)

    def register(self, **metadata: Any) -> Any:
        body = {"redirect_uris": [CALLBACK], "token_endpoint_auth_method": "none", **metadata}
        return Client(raise_request_exception=False).post(
            "/o/register/", json.dumps(body), content_type="application/json"
        )

    def client(self, **metadata: Any) -> dict[str, Any]:
        document: dict[str, Any] = self.register(**metadata).json()
        return document

    def request(self, client_id: str, **changes: Any) -> dict[str, Any]:
        return {
            "response_type": "code",
            "client_id": client_id,
            "redirect_uri": CALLBACK,
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
            "scope": "mcp",
            **changes,
        }

    def ask(self, client_id: str, **changes: Any) -> Any:
        return self.browser.get(f"/o/authorize/?{urlencode(self.request(client_id, **changes), doseq=True)}")

    def code(self, client_id: str, **changes: Any) -> str:
        request = self.request(client_id, **changes)
        return sent_back(self.consent(request))["code"]

    def consent(self, request: dict[str, Any]) -> Any:
        return self.browser.post(f"/o/authorize/?{urlencode(request)}", {**request, "allow": "Authorize"})

    def post(self, path: str, headers: dict[str, str] | None = None, **form: Any) -> Any:
        browser = Client(raise_request_exception=False)
        return browser.post(path, urlencode(form), content_type=FORM, headers=headers)

    def exchange(self, client_id: str, code: str, **changes: Any) -> Any:
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
        form = {name: value for name, value in {**form, **changes}.items() if value is not None}
        return self.post("/o/token/", client_id=client_id, **form)

    def tokens(self, client_id: str, **changes: Any) -> dict[str, Any]:
        tokens: dict[str, Any] = self.exchange(client_id, self.code(client_id, **changes)).json()
        return tokens

    def refresh(self, client_id: str, refresh_token: str) -> Any:
        return self.post("/o/token/", grant_type="refresh_token", refresh_token=refresh_token, client_id=client_id)

    def let_in(self, token: str) -> bool:
        """Whether the site's protected view answers."""
        answer = Client().get("/mcp/", headers={"Authorization": f"Bearer {token}"})
        return bool(answer.status_code == 200)


def sent_back(answer: Any) -> dict[str, str]:
    """The parameters that a redirect carries back to the client."""
    return {name: values[0] for name, values in parse_qs(urlsplit(answer["Location"]).query).items()}


def at_once(method: str, count: int, work: Callable[[], Any]) -> list[Any]:
    """What `work` returned in so many threads, none of which went on from this check before all had passed it."""
    check = getattr(OAuth2Validator, method)
    passed = Barrier(count)

    def wait(self: OAuth2Validator, *args: Any, **kwargs: Any) -> Any:
        answer = check(self, *args, **kwargs)
        passed.wait(timeout=30)
        return answer

    def begin(_: int) -> Any:
        try:
            return work()
        finally:
            connection.close()

    with mock.patch.object(OAuth2Validator, method, wait), ThreadPoolExecutor(count) as pool:
        return list(pool.map(begin, range(count)))


def overtaken(method: str, work: Callable[[], Any]) -> Any:
    """What `work` returned after this check had passed and another one did the same from beginning to end."""
    check = getattr(OAuth2Validator, method)

    def lose(self: OAuth2Validator, *args: Any, **kwargs: Any) -> Any:
        answer = check(self, *args, **kwargs)
        with mock.patch.object(OAuth2Validator, method, check):
            work()
        return answer

    with mock.patch.object(OAuth2Validator, method, lose):
        return work()
