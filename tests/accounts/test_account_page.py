"""The account page leads to all that is somebody's here."""

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.test import Client as Browser
from django.urls import NoReverseMatch, reverse

from accounts.models import User
from tests.accounts.conftest import PASSWORD
from tests.accounts.way import links, sign_in, text
from tests.identity_provider import IdentityProvider


@pytest.fixture
def browser(alice: User) -> Browser:
    browser = Browser()
    browser.force_login(alice)
    return browser


def test_wants_a_sign_in(db: None) -> None:
    assert Browser().get("/account/")["Location"] == "/accounts/login/?next=/account/"


@pytest.mark.parametrize(
    "name", ["oauth_bridge:personal-tokens", "account_change_password", "mfa_index", "account_email"]
)
def test_leads_to_each_page(browser: Browser, name: str) -> None:
    assert reverse(name) in links(browser.get("/account/"))


@pytest.mark.parametrize("name", ["oauth_bridge:connections", "upstream:accounts"])
def test_leads_to_what_this_site_has(browser: Browser, name: str) -> None:
    try:
        expected = reverse(name)
    except NoReverseMatch:
        pytest.fail(f"{name} is not there.")
    assert expected in links(browser.get("/account/"))


def test_every_link_on_it_leads_somewhere(browser: Browser) -> None:
    found = links(browser.get("/account/"))
    assert [link for link in found if browser.get(link).status_code != 200] == []


def test_says_whether_a_second_factor_is_on(browser: Browser, alice: User) -> None:
    assert "Second factor off" in text(browser.get("/account/"))
    Authenticator.objects.create(user=alice, type="totp", data={})
    assert "Second factor on" in text(browser.get("/account/"))


def test_says_which_providers_are_linked(browser: Browser, alice: User, provider: IdentityProvider) -> None:
    assert "Ways to sign in none linked" in text(browser.get("/account/"))
    SocialAccount.objects.create(user=alice, provider="example", uid="42")
    assert "Ways to sign in Example ID" in text(browser.get("/account/"))


def remove(browser: Browser, account: SocialAccount) -> Any:
    return browser.post("/accounts/3rdparty/", {"account": account.pk})


def test_a_way_to_sign_in_can_be_removed(alice: User, provider: IdentityProvider) -> None:
    account = SocialAccount.objects.create(user=alice, provider="example", uid="42")
    browser = Browser()
    browser.post("/accounts/login/", {"login": "alice", "password": PASSWORD})
    assert remove(browser, account).status_code == 302
    assert not SocialAccount.objects.exists()


def test_not_by_who_finds_the_browser_open(browser: Browser, alice: User, provider: IdentityProvider) -> None:
    account = SocialAccount.objects.create(user=alice, provider="example", uid="42")
    assert remove(browser, account)["Location"].startswith("/accounts/reauthenticate/")
    assert SocialAccount.objects.exists()


def test_the_last_way_in_cannot(alice: User, provider: IdentityProvider) -> None:
    account = SocialAccount.objects.create(user=alice, provider="example", uid="42")
    alice.set_unusable_password()
    alice.save()
    browser = Browser()
    sign_in(browser)
    assert remove(browser, account).status_code == 200
    assert SocialAccount.objects.exists()
