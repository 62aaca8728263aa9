"""Probes of the toolkit as it comes: what another server's changelog lists; the toolkit has some of it only."""

import secrets
from datetime import timedelta
from typing import Any
from unittest import mock

from django.contrib.auth import hashers
from django.utils import timezone
from oauth2_provider import utils
from oauth2_provider.cimd import CIMDError, SafeMetadataFetcher
from oauth2_provider.models import AccessToken, DeviceGrant
from oauth2_provider.settings import oauth2_settings

from tests.oauth_bridge.stock import security
from tests.oauth_bridge.stock.flow import Stock, at_once, overtaken


def s1(stock: Stock) -> bool:
    """A link that another site makes the browser follow is consent, once there is a token."""
    client_id = stock.client()["client_id"]
    stock.tokens(client_id)
    answer = stock.ask(client_id, approval_prompt="auto")
    return answer.status_code == 302 and "code=" in answer["Location"]


def _both(stock: Stock) -> list[int]:
    """What two are answered that exchange one code, when both find that it is good."""
    client_id = stock.client()["client_id"]
    code = stock.code(client_id)
    return sorted(at_once("confirm_redirect_uri", 2, lambda: stock.exchange(client_id, code).status_code))


def s2(stock: Stock) -> bool:
    """One code gives tokens to each of two that exchange it at once."""
    return _both(stock) == [200, 200]


def s2_stray(stock: Stock) -> bool:
    """The second is refused, and yet tokens that nobody has are made for it."""
    return _both(stock) == [200, 400] and AccessToken.objects.filter(user=stock.alice).count() == 2


def s2_crash(stock: Stock) -> bool:
    """Overtaken a little sooner, it crashes the token endpoint."""
    client_id = stock.client()["client_id"]
    code = stock.code(client_id)
    return bool(overtaken("validate_code", lambda: stock.exchange(client_id, code)).status_code == 500)


def s3(stock: Stock) -> bool:
    """A client revokes another one's token."""
    token = stock.tokens(stock.client()["client_id"])["access_token"]
    stock.post("/o/revoke_token/", token=token, client_id=stock.client()["client_id"])
    return not stock.let_in(token)


def s4(stock: Stock) -> bool:
    """A token whose type the client has wrong is not revoked."""
    client_id = stock.client()["client_id"]
    token = stock.tokens(client_id)["access_token"]
    stock.post("/o/revoke_token/", token=token, token_type_hint="refresh_token", client_id=client_id)
    return stock.let_in(token)


def s5(stock: Stock) -> bool:
    """Revoking the refresh token leaves the access token."""
    client_id = stock.client()["client_id"]
    tokens = stock.tokens(client_id)
    stock.post("/o/revoke_token/", token=tokens["refresh_token"], client_id=client_id)
    return stock.let_in(tokens["access_token"])


def s6(stock: Stock) -> bool:
    """A redirect in clear text to any host."""
    return security.a8(stock)


def s7(stock: Stock) -> bool:
    """A script is kept as the link to a policy; the toolkit keeps no such link at all."""
    return b"javascript" in stock.register(policy_uri="javascript:alert(1)").content


def s8(stock: Stock) -> bool:
    """A link with the user code approves the device, or makes it this user's."""
    DeviceGrant.objects.create(
        client_id=stock.client()["client_id"],
        device_code=secrets.token_hex(),
        user_code="WXYZ",
        expires=timezone.now() + timedelta(minutes=5),
    )
    page = stock.browser.get("/o/device/?user_code=WXYZ")
    assert page.status_code == 200
    grant = DeviceGrant.objects.get(user_code="WXYZ")
    return grant.user is not None or grant.status != DeviceGrant.AUTHORIZATION_PENDING


def s9(stock: Stock) -> bool:
    """A client's secret is compared in a time that depends on it."""
    client = stock.client(token_endpoint_auth_method="client_secret_post")
    form = {"client_id": client["client_id"], "client_secret": "wrong", "grant_type": "client_credentials"}
    with mock.patch.object(hashers, "constant_time_compare", return_value=False) as compared:
        assert stock.post("/o/token/", **form).status_code == 401
    return not compared.called


def s10(stock: Stock) -> bool:
    """A document is read to its end before its size is known."""
    read: list[int | None] = []

    class Huge:
        status = 200
        headers = {"Content-Type": "application/json"}

        def read(self, amount: int | None = None) -> bytes:
            read.append(amount)
            return b" " * (amount or 10_000_000)

    try:
        SafeMetadataFetcher()._read_document(Huge())
    except CIMDError:
        return read != [oauth2_settings.CIMD_MAX_DOCUMENT_SIZE + 1]
    return True


def s11(stock: Stock) -> bool:
    """The letters of a user code are drawn in a way that favours some."""
    drawn: list[Any] = []

    def first(letters: Any) -> Any:
        drawn.append(letters)
        return letters[0]

    with mock.patch.object(utils.secrets, "choice", first):
        code = utils.user_code_generator()
    return len(drawn) != len(code) or set(code) != {drawn[0][0]}


def s12(stock: Stock) -> bool:
    """A client that registered for no refresh grant gets a refresh token."""
    return "refresh_token" in stock.tokens(stock.client(grant_types=["authorization_code"])["client_id"])
