"""Probes of the toolkit as it comes: findings C, what crashes or goes astray."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from oauth2_provider.models import Application, DeviceGrant, RefreshToken

from tests.oauth_bridge.stock.flow import OTHER_RESOURCE, Stock, at_once, configured
from tests.oauth_bridge.stock.openid import openid, openid_client

DEVICE = "urn:ietf:params:oauth:grant-type:device_code"


def _device_client() -> str:
    client = Application.objects.create(name="device", client_type="public", authorization_grant_type=DEVICE)
    return str(client.client_id)


def c1(stock: Stock) -> bool:
    """A device that asks for a code crashes the server."""
    return bool(stock.post("/o/device-authorization/", client_id=_device_client(), scope="mcp").status_code == 500)


def c1_token(stock: Stock) -> bool:
    """So does one that was approved and asks for its tokens."""
    client_id = _device_client()
    DeviceGrant.objects.create(
        user=stock.alice,
        client_id=client_id,
        device_code="device",
        user_code="user",
        scope="mcp",
        status=DeviceGrant.AUTHORIZED,
        expires=timezone.now() + timedelta(minutes=5),
    )
    answer = stock.post("/o/token/", grant_type=DEVICE, device_code="device", client_id=client_id)
    return bool(answer.status_code == 500)


def c2_race(stock: Stock) -> bool:
    """With tokens stored as digests, one of two refreshes at once crashes."""
    with configured(COMPLIANT_BCP_RFC9700_TOKEN_STORAGE=True):
        client_id = stock.client()["client_id"]
        token = stock.tokens(client_id)["refresh_token"]
        answers = at_once("validate_refresh_token", 2, lambda: stock.refresh(client_id, token).status_code)
    return sorted(answers) == [200, 500]


def c2_grace(stock: Stock) -> bool:
    """So does a retry within the toolkit's own grace period."""
    with configured(COMPLIANT_BCP_RFC9700_TOKEN_STORAGE=True, REFRESH_TOKEN_GRACE_PERIOD_SECONDS=30):
        client_id = stock.client()["client_id"]
        token = stock.tokens(client_id)["refresh_token"]
        answers = [stock.refresh(client_id, token).status_code for _ in range(2)]
    return answers == [200, 500]


def c2_family(stock: Stock) -> bool:
    """Without grace, a retry signs the user out."""
    with configured(COMPLIANT_BCP_RFC9700_TOKEN_STORAGE=True, REFRESH_TOKEN_REUSE_PROTECTION=True):
        client_id = stock.client()["client_id"]
        token = stock.tokens(client_id)["refresh_token"]
        answers = [stock.refresh(client_id, token).status_code for _ in range(2)]
    alive = RefreshToken.objects.filter(user=stock.alice, revoked__isnull=True)
    return answers == [200, 400] and not alive.exists()


def c3_name(stock: Stock) -> bool:
    """A name of null crashes registration."""
    return bool(stock.register(client_name=None).status_code == 500)


def c3_resource(stock: Stock) -> bool:
    """A resource that is no URL crashes the authorization endpoint."""
    return bool(stock.ask(stock.client()["client_id"], resource="https://[bad").status_code == 500)


def c3_nested(stock: Stock) -> bool:
    """A document of brackets crashes registration."""
    browser = Client(raise_request_exception=False)
    answer = browser.post("/o/register/", "[" * 30_000, content_type="application/json")
    return bool(answer.status_code == 500)


def c3_consent(stock: Stock) -> bool:
    """Consent to a client that is gone crashes the authorization endpoint."""
    return bool(stock.consent(stock.request("gone")).status_code == 500)


def c3_device(stock: Stock) -> bool:
    """A device that leaves its code out crashes the token endpoint."""
    return bool(stock.post("/o/token/", grant_type=DEVICE, client_id=_device_client()).status_code == 500)


def c3_query(stock: Stock) -> bool:
    """A query that cannot be decoded crashes the token endpoint."""
    return bool(stock.post("/o/token/?x=%zz", grant_type="authorization_code").status_code == 500)


def c3_openid(stock: Stock) -> bool:
    """With OpenID Connect on, a client that registered itself and wants `openid` crashes the token endpoint."""
    with configured(**openid()):
        client_id = stock.client()["client_id"]
        return bool(stock.exchange(client_id, stock.code(client_id, scope="openid mcp")).status_code == 500)


def c3_silent(stock: Stock) -> bool:
    """With OpenID Connect on, `prompt=none` of a user who is signed in crashes the authorization endpoint."""
    with configured(**openid()):
        return bool(stock.ask(openid_client(), scope="openid", prompt="none").status_code == 500)


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


def c6(stock: Stock) -> bool:
    """A sign-in that the client asks for leads back with one of two resources."""
    client_id = stock.client()["client_id"]
    answer = stock.ask(client_id, prompt="login", resource=["https://one.example/mcp", OTHER_RESOURCE])
    back = parse_qs(urlsplit(answer["Location"]).query)["next"][0]
    return parse_qs(urlsplit(back).query)["resource"] == [OTHER_RESOURCE]
