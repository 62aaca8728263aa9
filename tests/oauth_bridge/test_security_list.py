"""The security list is whole, each of its tests is there, and those of them that belong nowhere else are here."""

import ast
import logging
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from django.contrib.auth import hashers
from django.test import Client as Browser
from django.test import RequestFactory
from django.utils import timezone
from oauth2_provider.models import AccessToken, IDToken, RefreshToken
from oauth2_provider.oauth2_backends import get_oauthlib_core

from accounts.models import User
from oauth_bridge import user_codes
from oauth_bridge.bearer import BearerError, verify
from oauth_bridge.hashers import ClientSecretHasher
from oauth_bridge.models import Client
from oauth_bridge.validator import BridgeValidator
from tests.live import ROOT
from tests.oauth_bridge.flows import ISSUER, VERIFIER, Flow, error, register, works
from tests.oauth_bridge.protected import RESOURCE
from tests.oauth_bridge.rfc.test_rfc9068 import RSA
from tests.oauth_bridge.security_list import HELD
from tests.oauth_bridge.stock.findings import HAS, HAS_NOT

KINDS = ("access_token", "refresh_token")


def defined(path: Path) -> set[str]:
    """Tests of a module, as pytest names them."""
    names = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.ClassDef):
            names |= {f"{node.name}::{test.name}" for test in node.body if isinstance(test, ast.FunctionDef)}
        elif isinstance(node, ast.FunctionDef):
            names.add(node.name)
    return names


@pytest.mark.parametrize("item", HELD)
def test_every_item_is_held_by_a_test_that_there_is(item: str) -> None:
    assert HELD[item]
    for test in HELD[item]:
        module, _, name = test.partition("::")
        assert name in defined(ROOT / module)


@pytest.mark.parametrize("item", HELD)
def test_every_item_was_looked_for_in_the_toolkit_as_it_comes(item: str) -> None:
    number = item.split()[0].lower()
    assert number in {name.partition("_")[0] for name in (*HAS, *HAS_NOT)}


def test_the_list_is_whole() -> None:
    expected = {"A": 12, "B": 7, "C": 6, "S": 12}
    assert sorted(item.split()[0] for item in HELD) == sorted(
        f"{letter}{number + 1}" for letter, count in expected.items() for number in range(count)
    )


def test_secrets_are_compared_in_constant_time(confidential: Flow, monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[str] = []

    def note(first: str, second: str) -> bool:
        compared.append(first)
        return False

    monkeypatch.setattr(hashers, "constant_time_compare", note)
    assert confidential.exchange("x").status_code == 401
    assert compared[0].startswith(ClientSecretHasher.algorithm)


@pytest.mark.parametrize("check", ["validate_code", "confirm_redirect_uri"])
def test_a_code_that_another_one_was_quicker_with_makes_no_tokens(
    flow: Flow, monkeypatch: pytest.MonkeyPatch, check: str
) -> None:
    """Both found it good; the second must neither crash nor leave tokens that nobody has."""
    code = flow.code()
    quicker: list[Any] = []
    checked = getattr(BridgeValidator, check)

    def lose(*args: Any) -> Any:
        answer = checked(*args)
        monkeypatch.setattr(BridgeValidator, check, checked)
        quicker.append(flow.exchange(code))
        return answer

    monkeypatch.setattr(BridgeValidator, check, lose)
    assert error(flow.exchange(code)) == "invalid_grant"
    assert quicker[0].status_code == 200
    assert not works(quicker[0].json())
    assert RefreshToken.objects.count() == 1


@pytest.mark.django_db
def test_every_letter_of_a_user_code_is_as_likely(monkeypatch: pytest.MonkeyPatch) -> None:
    """A remainder of a random number would favour the first ones; `secrets.choice` does not."""
    drawn_from: list[str] = []

    def first(alphabet: str) -> str:
        drawn_from.append(alphabet)
        return alphabet[0]

    monkeypatch.setattr(user_codes.secrets, "choice", first)
    code = user_codes.unused_user_code()
    assert set(drawn_from) == {user_codes.ALPHABET}
    assert set(code) == {user_codes.ALPHABET[0]}


def test_registering_makes_no_access_token(browser: Browser) -> None:
    """In a browser with a session it would even be that user's."""
    register(browser)
    assert Client.objects.get().user is None
    assert not AccessToken.objects.exists()


@pytest.mark.parametrize(
    "path", ["applications/", "applications/register/", "authorized_tokens/", "userinfo/", "register/"]
)
def test_the_toolkits_own_pages_are_not_there(browser: Browser, path: str) -> None:
    assert browser.get(f"/o/{path}").status_code == 404
    if path != "register/":
        assert browser.get(f"/{path}").status_code == 404


@pytest.mark.parametrize("library", ["oauthlib", "oauth2_provider"])
def test_the_libraries_log_no_credentials(library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """At DEBUG they write codes and refresh tokens; the root logger's level does not reach them."""
    monkeypatch.setattr(logging.getLogger(), "level", logging.DEBUG)
    assert not logging.getLogger(f"{library}.views").isEnabledFor(logging.DEBUG)


def test_no_credential_of_a_flow_is_in_the_log(confidential: Flow, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever level the operator gives the root logger."""
    caplog.set_level(logging.DEBUG)
    code = confidential.code()
    tokens = confidential.exchange(code).json()
    renewed = confidential.refresh(tokens["refresh_token"]).json()
    confidential.revoke(renewed["access_token"])
    secrets = [
        code,
        VERIFIER,
        confidential.client_secret,
        *(answer[kind] for answer in (tokens, renewed) for kind in KINDS),
    ]
    assert not [secret for secret in secrets if secret in caplog.text]


def test_an_id_token_opens_nothing(flow: Flow, settings: Any) -> None:
    """One of the toolkit's own, for this user and client, even where OpenID Connect was switched on."""
    settings.OAUTH2_PROVIDER = {
        **settings.OAUTH2_PROVIDER,
        "OIDC_ENABLED": True,
        "OAUTH2_SERVER_CLASS": "oauthlib.openid.Server",
        "OIDC_RSA_PRIVATE_KEY": RSA,
    }
    Client.objects.update(algorithm=Client.RS256_ALGORITHM)
    client, user = Client.objects.get(), User.objects.get()
    in_an_hour = timezone.now() + timedelta(hours=1)
    row = IDToken.objects.create(user=user, application=client, scope="mcp", expires=in_an_hour)
    claims = {"iss": ISSUER, "sub": str(user.pk), "aud": client.client_id, "exp": in_an_hour, "jti": str(row.jti)}
    token = jwt.encode(claims, RSA, "RS256")
    with pytest.raises(BearerError):
        verify(token, RESOURCE)
    request = RequestFactory().get("/mcp", headers={"Authorization": f"Bearer {token}"})
    assert get_oauthlib_core().verify_request(request, [])[0] is False


def test_who_asks_for_no_scope_gets_the_least(flow: Flow) -> None:
    assert flow.tokens(scope=None)["scope"] == "mcp"


@pytest.mark.parametrize("prompt", ["login", "create", "consent", "login create"])
def test_a_prompt_is_no_more_than_the_consent_page(flow: Flow, prompt: str) -> None:
    """It is OpenID Connect's, which this server is not: nobody is signed out, and nothing is granted unasked."""
    page = flow.browser.get(flow.authorize_url(prompt=prompt))
    assert page.status_code == 200
    assert b'name="allow"' in page.content


def test_a_sign_in_that_was_asked_for_keeps_every_resource(flow: Flow) -> None:
    url = flow.authorize_url(prompt="login", resource=[RESOURCE, f"{RESOURCE}/"])
    back = parse_qs(urlsplit(Browser().get(url)["Location"]).query)["next"][0]
    assert parse_qs(urlsplit(back).query)["resource"] == [RESOURCE, f"{RESOURCE}/"]


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "Pacific/Kiritimati"])
def test_the_admin_opens_in_every_time_zone(flow: Flow, settings: Any, zone: str) -> None:
    """A token that expires in the year 9999 has no time there."""
    settings.TIME_ZONE = zone
    flow.tokens()
    operator = Browser()
    operator.force_login(User.objects.create_superuser("operator"))
    for model in ("accesstoken", "refreshtoken", "grant"):
        assert operator.get(f"/admin/oauth2_provider/{model}/").status_code == 200
    assert operator.get("/admin/oauth_bridge/client/").status_code == 200
