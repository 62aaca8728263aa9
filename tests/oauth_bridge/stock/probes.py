"""Asks the toolkit as it comes, in a process of its own, and prints as JSON which findings it has."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from django.test.utils import setup_test_environment
from oauth2_provider.models import AccessToken, Application

VERIFIER = "a-verifier-that-is-long-enough-for-rfc-7636-x"
CHALLENGE = "jRa6Popcby0XZQnLJ082xRyWrbNoWk0cyuzwJnHs-wU"
CALLBACK = "https://client.example/callback"
FORM = "application/x-www-form-urlencoded"


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
        answer = self.browser.post(f"/o/authorize/?{urlencode(request)}", {**request, "allow": "Authorize"})
        return parse_qs(urlsplit(answer["Location"]).query)["code"][0]

    def post(self, path: str, **form: Any) -> Any:
        return Client(raise_request_exception=False).post(path, urlencode(form), content_type=FORM)

    def exchange(self, client_id: str, code: str, **changes: Any) -> Any:
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
        form = {name: value for name, value in {**form, **changes}.items() if value is not None}
        return self.post("/o/token/", client_id=client_id, **form)


def a1(stock: Stock) -> bool:
    """An anonymous client gets a token that is nobody's, with every scope."""
    client = stock.client(grant_types=["client_credentials"], token_endpoint_auth_method="client_secret_post")
    secrets = {"client_id": client["client_id"], "client_secret": client["client_secret"]}
    token = stock.post("/o/token/", grant_type="client_credentials", **secrets)
    return token.status_code == 200 and "mcp:admin" in token.json()["scope"]


def a2(stock: Stock) -> bool:
    """The client says that nobody need be asked, for another resource too."""
    client_id = stock.client()["client_id"]
    stock.exchange(client_id, stock.code(client_id))
    answer = stock.ask(client_id, approval_prompt="auto", resource="https://other.example/mcp")
    return answer.status_code == 302 and "code=" in answer["Location"]


def a3(stock: Stock) -> bool:
    """A deactivated user refreshes."""
    client_id = stock.client()["client_id"]
    tokens = stock.exchange(client_id, stock.code(client_id)).json()
    User.objects.filter(pk=stock.alice.pk).update(is_active=False)
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"], "client_id": client_id}
    return bool(stock.post("/o/token/", **form).status_code == 200)


def a4(stock: Stock) -> bool:
    """A registration token is an access token like any other."""
    answer = stock.client()
    return AccessToken.objects.filter(token=answer["registration_access_token"]).exists()


def a6(stock: Stock) -> bool:
    """A client that registered itself learns whose somebody else's token is."""
    client_id = stock.client()["client_id"]
    token = stock.exchange(client_id, stock.code(client_id)).json()["access_token"]
    stranger = stock.client(token_endpoint_auth_method="client_secret_post")
    secrets = {"client_id": stranger["client_id"], "client_secret": stranger["client_secret"]}
    answer = stock.post("/o/introspect/", token=token, **secrets).json()
    return answer.get("username") == stock.alice.username


def a7(stock: Stock) -> bool:
    """Any user may make clients."""
    return bool(stock.browser.get("/o/applications/register/").status_code == 200)


def a8(stock: Stock) -> bool:
    """A redirect in clear text to any host."""
    return bool(stock.register(redirect_uris=["http://evil.example/cb"]).status_code == 201)


def a9(stock: Stock) -> bool:
    """A client goes with the user who made it, for everybody."""
    maker = User.objects.create_user("maker")
    Application.objects.create(name="shared", user=maker, client_type="public", redirect_uris=CALLBACK)
    maker.delete()
    return not Application.objects.filter(name="shared").exists()


def a10(stock: Stock) -> bool:
    """A code that was used twice leaves its tokens alive."""
    client_id = stock.client()["client_id"]
    code = stock.code(client_id)
    token = stock.exchange(client_id, code).json()["access_token"]
    stock.exchange(client_id, code)
    return AccessToken.objects.filter(token=token).exists()


def b2(stock: Stock) -> bool:
    """VS Code cannot register."""
    device = "urn:ietf:params:oauth:grant-type:device_code"
    return bool(stock.register(grant_types=["authorization_code", "refresh_token", device]).status_code == 400)


def b4(stock: Stock) -> bool:
    """One unknown scope refuses the whole request."""
    answer = stock.ask(stock.client()["client_id"], scope="mcp offline_access")
    return answer.status_code == 302 and "invalid_scope" in answer["Location"]


def b6(stock: Stock) -> bool:
    """A client with two redirect URIs must repeat the one it used, which OAuth 2.1 does not ask for."""
    client_id = stock.client(redirect_uris=[CALLBACK, "https://client.example/other"])["client_id"]
    return bool(stock.exchange(client_id, stock.code(client_id), redirect_uri=None).status_code >= 400)


def c1(stock: Stock) -> bool:
    """A device that asks for a code crashes the server."""
    client = Application.objects.create(
        name="device",
        client_type="public",
        authorization_grant_type="urn:ietf:params:oauth:grant-type:device_code",
    )
    return bool(stock.post("/o/device-authorization/", client_id=client.client_id, scope="mcp").status_code == 500)


def c3_name(stock: Stock) -> bool:
    """A name of null crashes registration."""
    return bool(stock.register(client_name=None).status_code == 500)


def c3_resource(stock: Stock) -> bool:
    """A resource that is no URL crashes the authorization endpoint."""
    return bool(stock.ask(stock.client()["client_id"], resource="https://[bad").status_code == 500)


def c4(stock: Stock) -> bool:
    """An error of the token endpoint that is JSON, served as a page and cacheable."""
    client_id = stock.client()["client_id"]
    code = stock.code(client_id, resource="https://one.example/mcp")
    answer = stock.exchange(client_id, code, resource="https://two.example/mcp")
    return (
        answer.status_code == 400
        and "html" in answer["Content-Type"]
        and "no-store" not in answer.get("Cache-Control", "")
    )


def c5(stock: Stock) -> bool:
    """Once a client registered, the admin's list of tokens cannot be opened east of Greenwich."""
    stock.client()
    operator = Client(raise_request_exception=False)
    operator.force_login(User.objects.create_superuser("operator"))
    return bool(operator.get("/admin/oauth2_provider/accesstoken/").status_code == 500)


PROBES: list[Callable[[Stock], bool]] = [
    *(a1, a2, a3, a4, a6, a7, a8, a9, a10),
    *(b2, b4, b6, c1, c3_name, c3_resource, c4, c5),
]


def main() -> None:
    """Run every probe, each with a user and clients of its own."""
    setup_test_environment()
    call_command("migrate", verbosity=0)
    found: dict[str, Any] = {}
    for probe in PROBES:
        try:
            found[probe.__name__] = probe(Stock())
        except Exception as error:
            found[probe.__name__] = repr(error)
    print(json.dumps(found))
