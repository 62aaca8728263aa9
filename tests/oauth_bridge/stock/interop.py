"""Probes of the toolkit as it comes: findings B, clients that are turned away."""

from typing import Any

from django.test import Client
from oauth2_provider.models import Application

from tests.oauth_bridge.stock.flow import CALLBACK, VERIFIER, Stock, configured, sent_back

ORIGIN = "https://app.example"
INSPECTOR = "http://localhost:6274"
CORS = "Access-Control-Allow-Origin"
METADATA = ".well-known/oauth-authorization-server"


def _accepts(stock: Stock, name: str, **document: Any) -> bool:
    """Whether a client that is described by this document gets as far as consent."""
    client_id = f"https://client.example/{name}.json"
    whole = {"client_id": client_id, "client_name": name, "redirect_uris": [CALLBACK], **document}

    class Published:
        def fetch(self, client_id: str) -> tuple[dict[str, Any], int]:
            return whole, 300

    with configured(CIMD_ENABLED=True, CIMD_METADATA_FETCHER=Published):
        return bool(stock.ask(client_id).status_code == 200)


def _only_without(stock: Stock, name: str, plain: dict[str, Any], **odd: Any) -> bool:
    """Whether the document is refused as the client publishes it, and for this alone."""
    return _accepts(stock, f"{name}-plain", **plain) and not _accepts(stock, name, **{**plain, **odd})


PLAIN = {"grant_types": ["authorization_code", "refresh_token"], "token_endpoint_auth_method": "none"}


def b1_claude(stock: Stock) -> bool:
    """Claude's document is refused for the JWT bearer grant that it lists."""
    grants = [*PLAIN["grant_types"], "urn:ietf:params:oauth:grant-type:jwt-bearer"]
    return _only_without(stock, "claude", PLAIN, grant_types=grants)


def b1_vscode(stock: Stock) -> bool:
    """VS Code's for the device grant."""
    grants = [*PLAIN["grant_types"], "urn:ietf:params:oauth:grant-type:device_code"]
    return _only_without(stock, "vscode", PLAIN, grant_types=grants)


def b1_chatgpt(stock: Stock) -> bool:
    """ChatGPT's for the keys that it prefers, though it lists `none` too."""
    methods = ["private_key_jwt", "none"]
    return _only_without(
        stock,
        "chatgpt",
        PLAIN,
        token_endpoint_auth_method=methods[0],
        token_endpoint_auth_methods_supported=methods,
        jwks_uri="https://client.example/jwks.json",
    )


def b2(stock: Stock) -> bool:
    """VS Code cannot register."""
    device = "urn:ietf:params:oauth:grant-type:device_code"
    return bool(stock.register(grant_types=["authorization_code", "refresh_token", device]).status_code == 400)


def b3(stock: Stock) -> bool:
    """Public clients are registered, and the metadata does not say so."""
    document = Client().get(f"/{METADATA}").json()
    return stock.register().status_code == 201 and "none" not in document["token_endpoint_auth_methods_supported"]


def b4(stock: Stock) -> bool:
    """One unknown scope refuses the whole request."""
    answer = stock.ask(stock.client()["client_id"], scope="mcp offline_access")
    return answer.status_code == 302 and "invalid_scope" in answer["Location"]


def b4_empty(stock: Stock) -> bool:
    """So does a scope without a value, which is as good as none (RFC 6749 §3.1)."""
    return sent_back(stock.ask(stock.client()["client_id"], scope="")).get("error") == "invalid_scope"


def b5_preflight(stock: Stock) -> bool:
    """No preflight is answered for other origins, of the metadata neither, though a GET of that may be read."""
    asked = {"Origin": ORIGIN, "Access-Control-Request-Method": "POST"}
    paths = [f"/{METADATA}", "/o/token/", "/o/register/", "/o/revoke_token/"]
    return CORS in Client().get(f"/{METADATA}") and not any(
        CORS in Client().options(path, headers=asked) for path in paths
    )


def _with_origin(stock: Stock, origin: str) -> tuple[bool, bool]:
    """Whether a page there that the operator allowed can read tokens, and whether it can read an error."""
    client = Application.objects.create(
        client_type="public",
        authorization_grant_type="authorization-code",
        redirect_uris=CALLBACK,
        allowed_origins=origin,
    )
    form = {"grant_type": "authorization_code", "redirect_uri": CALLBACK, "client_id": client.client_id}
    form |= {"code": stock.code(client.client_id), "code_verifier": VERIFIER}
    given = stock.post("/o/token/", headers={"Origin": origin}, **form)
    refused = stock.post("/o/token/", headers={"Origin": origin}, **form)
    assert (given.status_code, refused.status_code) == (200, 400)
    return CORS in given, CORS in refused


def b5_errors(stock: Stock) -> bool:
    """An allowed page can read the tokens, and no error."""
    return _with_origin(stock, ORIGIN) == (True, False)


def b5_inspector(stock: Stock) -> bool:
    """MCP Inspector's can read neither, because it has no https."""
    return _with_origin(stock, INSPECTOR) == (False, False)


def b5_register(stock: Stock) -> bool:
    """No page can read the answer to its registration."""
    body = {"redirect_uris": [CALLBACK], "token_endpoint_auth_method": "none"}
    answer = Client().post("/o/register/", body, content_type="application/json", headers={"Origin": ORIGIN})
    return answer.status_code == 201 and CORS not in answer


def b6(stock: Stock) -> bool:
    """A client with two redirect URIs must repeat the one it used, which OAuth 2.1 does not ask for."""
    client_id = stock.client(redirect_uris=[CALLBACK, "https://client.example/other"])["client_id"]
    return bool(stock.exchange(client_id, stock.code(client_id), redirect_uri=None).status_code >= 400)


def b7(stock: Stock) -> bool:
    """The metadata at the root and the answer to an authorization request name two issuers."""
    client_id = stock.client()["client_id"]
    answer = sent_back(stock.consent(stock.request(client_id)))
    return (Client().get(f"/{METADATA}").json()["issuer"], answer["iss"]) == (
        "http://testserver",
        "http://testserver/o",
    )


def b7_echo(stock: Stock) -> bool:
    """Whatever path is asked about is an issuer."""
    return bool(Client().get(f"/{METADATA}/evil").json()["issuer"] == "http://testserver/evil")
