"""LOCAL_PASSWORDS=false: no page asks for a password, and none opens anything."""

from typing import Any

import pytest
from allauth.socialaccount.models import SocialAccount
from bs4 import BeautifulSoup
from django.contrib.auth import authenticate
from django.test import Client as Browser

from accounts.models import User
from tests.accounts.conftest import PASSWORD
from tests.accounts.way import is_signed_in, sign_in, text
from tests.identity_provider import IdentityProvider


@pytest.fixture(autouse=True)
def _off(provider: IdentityProvider, settings: Any) -> None:
    settings.LOCAL_PASSWORDS = False


@pytest.fixture
def browser(alice: User) -> Browser:
    """Alice's, who signed in by the provider; she runs the site."""
    SocialAccount.objects.create(user=alice, provider="example", uid="42")
    User.objects.update(is_staff=True, is_superuser=True)
    browser = Browser()
    sign_in(browser)
    return browser


def password_fields(response: Any) -> list[Any]:
    return list(BeautifulSoup(response.content, "html.parser").select("input[type=password], input[name*=password]"))


def test_no_password_authenticates(alice: User) -> None:
    assert authenticate(username="alice", password=PASSWORD) is None


async def test_nor_does_it_asked_otherwise(db: None) -> None:
    user = User(username="x")
    user.set_password(PASSWORD)
    assert not await user.acheck_password(PASSWORD)


def test_the_sign_in_page_offers_the_providers_alone(db: None) -> None:
    response = Browser().get("/accounts/login/")
    assert "Continue with Example ID" in text(response)
    assert password_fields(response) == []
    assert "passkey" not in text(response)


def test_a_password_that_is_sent_all_the_same_opens_nothing(alice: User) -> None:
    browser = Browser()
    browser.post("/accounts/login/", {"login": "alice", "password": PASSWORD})
    assert not is_signed_in(browser)


@pytest.mark.parametrize(
    "path",
    [
        "/accounts/password/reset/",
        "/accounts/password/change/",
        "/accounts/password/set/",
        "/accounts/password/reset/confirm/",
        "/accounts/password/reset/complete/",
        "/accounts/reauthenticate/",
        "/accounts/2fa/webauthn/login/",
    ],
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_the_pages_of_passwords_are_not_there(browser: Browser, path: str, method: str) -> None:
    assert getattr(browser, method)(path).status_code == 404


def test_nobody_signs_up_with_one(db: None, settings: Any) -> None:
    settings.SIGN_UP = "open"
    form = {"username": "bob", "email": "", "password1": PASSWORD, "password2": PASSWORD}
    response = Browser().post("/accounts/signup/", form)
    assert password_fields(response) == []
    assert not User.objects.exists()


@pytest.mark.parametrize(
    "path", ["/account/", "/accounts/2fa/", "/accounts/email/", "/admin/", "/admin/accounts/user/add/"]
)
def test_no_page_asks_for_one(browser: Browser, path: str) -> None:
    response = browser.get(path)
    assert response.status_code == 200
    assert password_fields(response) == []


def test_nor_does_a_user_in_admin(browser: Browser, alice: User) -> None:
    response = browser.get(f"/admin/accounts/user/{alice.pk}/change/")
    assert password_fields(response) == []
    assert f"/admin/accounts/user/{alice.pk}/password/" not in response.content.decode()
    assert browser.get(f"/admin/accounts/user/{alice.pk}/password/").status_code == 403


def test_an_operator_adds_users_by_name_and_address(browser: Browser) -> None:
    browser.post("/admin/accounts/user/add/", {"username": "bob", "email": "bob@example.org"})
    assert User.objects.get(username="bob").email == "bob@example.org"


def test_a_user_without_a_password_can_set_up_a_second_factor(browser: Browser) -> None:
    assert browser.get("/accounts/2fa/totp/activate/").status_code == 200
