"""The second factor: set up, asked for on every way in, and not to be got around."""

import json
import time
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from bs4 import BeautifulSoup
from django.core.cache import cache
from django.test import Client as Browser

from accounts.forms import CodeForm
from accounts.models import User
from accounts.providers import OpenIDRegistration, social_providers
from tests.accounts.authenticator_app import code
from tests.accounts.conftest import PASSWORD
from tests.accounts.second_step import activate, enter_password, secret_shown_to, set_up_app
from tests.accounts.way import ASKED, is_signed_in, sign_in, text
from tests.identity_provider import CLIENT_ID, CLIENT_SECRET, IdentityProvider


@pytest.fixture
def secret(alice: User) -> str:
    """Secret of alice's app, which she has set up."""
    browser = Browser()
    enter_password(browser)
    return set_up_app(browser)


class TestAnAuthenticatorApp:
    def test_is_asked_for_after_the_password(self, secret: str) -> None:
        browser = Browser()
        assert enter_password(browser)["Location"] == "/accounts/2fa/authenticate/"
        assert not is_signed_in(browser)

    def test_leads_on_to_where_one_wanted_to_go(self, secret: str) -> None:
        browser = Browser()
        enter_password(browser, ASKED)
        response = browser.post("/accounts/2fa/authenticate/", {"code": code(secret, 1)})
        assert response["Location"] == ASKED
        assert is_signed_in(browser)

    @pytest.mark.parametrize("wrong", ["000000", "", "12345", "abcdef"])
    def test_lets_nobody_in_with_a_wrong_code(self, secret: str, wrong: str) -> None:
        browser = Browser()
        enter_password(browser)
        browser.post("/accounts/2fa/authenticate/", {"code": wrong})
        assert not is_signed_in(browser)

    def test_takes_the_code_that_set_it_up_no_second_time(self, alice: User) -> None:
        """Whoever looked over the shoulder then has not seen a code that signs in."""
        browser = Browser()
        enter_password(browser)
        secret = secret_shown_to(browser)
        used = code(secret)
        activate(browser, used)
        browser = Browser()
        enter_password(browser)
        for typed, expected in ((used, False), (code(secret, 1), True)):
            browser.post("/accounts/2fa/authenticate/", {"code": typed})
            assert is_signed_in(browser) is expected

    def test_takes_no_code_that_is_older_than_one_that_was_used(self, secret: str) -> None:
        for which, expected in ((1, True), (0, False)):
            browser = Browser()
            enter_password(browser)
            browser.post("/accounts/2fa/authenticate/", {"code": code(secret, which)})
            assert is_signed_in(browser) is expected

    def test_takes_a_used_code_for_no_change_of_the_account(self, secret: str) -> None:
        browser = Browser()
        enter_password(browser)
        now = code(secret, 1)
        browser.post("/accounts/2fa/authenticate/", {"code": now})
        response = browser.post("/accounts/2fa/reauthenticate/", {"code": now})
        assert "Incorrect code" in text(response)

    def test_takes_no_code_twice(self, secret: str) -> None:
        now = code(secret, 1)
        for expected in (True, False):
            browser = Browser()
            enter_password(browser)
            browser.post("/accounts/2fa/authenticate/", {"code": now})
            assert is_signed_in(browser) is expected

    def test_takes_it_no_second_time_in_another_process(self, secret: str) -> None:
        """Nor a minute later: it is good for three half minutes, and allauth remembers it for one, in the cache."""
        now = code(secret, 1)
        for expected in (True, False):
            browser = Browser()
            enter_password(browser)
            browser.post("/accounts/2fa/authenticate/", {"code": now})
            assert is_signed_in(browser) is expected
            cache.clear()

    def test_takes_it_no_second_time_written_otherwise(self, secret: str) -> None:
        now = code(secret, 1)
        for written, expected in ((now, True), (f"{now[:3]} {now[3:]}", False)):
            browser = Browser()
            enter_password(browser)
            browser.post("/accounts/2fa/authenticate/", {"code": written})
            assert is_signed_in(browser) is expected

    def test_guessing_is_slowed_down(self, secret: str) -> None:
        browser = Browser()
        enter_password(browser)
        for _ in range(6):
            browser.post("/accounts/2fa/authenticate/", {"code": "000000"})
        response = browser.post("/accounts/2fa/authenticate/", {"code": code(secret, 1)})
        assert "Too many failed login attempts" in text(response)
        assert not is_signed_in(browser)

    def test_is_slowed_down_in_a_new_browser_too(self, secret: str) -> None:
        for _ in range(6):
            browser = Browser()
            enter_password(browser)
            browser.post("/accounts/2fa/authenticate/", {"code": "000000"})
        browser = Browser()
        enter_password(browser)
        browser.post("/accounts/2fa/authenticate/", {"code": code(secret, 1)})
        assert not is_signed_in(browser)

    def test_is_asked_for_after_a_provider_too(self, secret: str, provider: IdentityProvider, alice: User) -> None:
        SocialAccount.objects.create(user=alice, provider="example", uid="42")
        browser = Browser()
        assert sign_in(browser, ASKED)["Location"] == "/accounts/2fa/authenticate/"
        assert not is_signed_in(browser)
        assert browser.post("/accounts/2fa/authenticate/", {"code": code(secret, 1)})["Location"] == ASKED

    def test_is_asked_for_where_two_providers_know_the_site_by_the_same_name(
        self, secret: str, provider: IdentityProvider, alice: User, settings: Any
    ) -> None:
        both = [
            OpenIDRegistration(CLIENT_ID, CLIENT_SECRET, issuer=provider.url, provider_id=name)
            for name in ("example", "other")
        ]
        settings.SOCIALACCOUNT_PROVIDERS = social_providers(oidc=both)
        SocialAccount.objects.create(user=alice, provider="example", uid="42")
        browser = Browser()
        sign_in(browser, ASKED)
        assert browser.post("/accounts/2fa/authenticate/", {"code": code(secret, 1)})["Location"] == ASKED

    def test_is_kept_sealed(self, secret: str) -> None:
        rows = json.dumps(list(Authenticator.objects.values_list("data", flat=True)))
        assert secret not in rows

    def test_has_a_qr_code_that_needs_no_script(self, alice: User) -> None:
        browser = Browser()
        enter_password(browser)
        page = BeautifulSoup(browser.get("/accounts/2fa/totp/activate/").content, "html.parser")
        assert str(page.select_one("main img")["src"]).startswith("data:image/svg+xml;base64,")

    def test_stands_before_the_admin(self, secret: str) -> None:
        User.objects.update(is_staff=True, is_superuser=True)
        browser = Browser()
        enter_password(browser, "/admin/")
        assert browser.get("/admin/", follow=True).redirect_chain[-1][0].startswith("/accounts/2fa/authenticate/")
        assert browser.post("/accounts/2fa/authenticate/", {"code": code(secret, 1)})["Location"] == "/admin/"
        assert browser.get("/admin/").status_code == 200


def test_the_page_knows_whether_there_is_an_app_to_ask_for(alice: User) -> None:
    assert not CodeForm(user=alice).has_app()
    Authenticator.objects.create(user=alice, type="totp", data={})
    assert CodeForm(user=alice).has_app()


class TestRecoveryCodes:
    def codes(self, browser: Browser) -> list[str]:
        page = BeautifulSoup(browser.get("/accounts/2fa/recovery-codes/").content, "html.parser")
        return [found.get_text() for found in page.select(".codes code")]

    def test_are_shown_when_the_first_factor_is_set_up(self, alice: User) -> None:
        browser = Browser()
        enter_password(browser)
        set_up_app(browser)
        assert len(self.codes(browser)) == 10

    def test_open_the_account_once_each(self, alice: User) -> None:
        browser = Browser()
        enter_password(browser)
        set_up_app(browser)
        [first, *_] = self.codes(browser)
        for expected in (True, False):
            other = Browser()
            enter_password(other)
            other.post("/accounts/2fa/authenticate/", {"code": first})
            assert is_signed_in(other) is expected


class TestChangesToTheAccount:
    PAGES = (
        "/accounts/2fa/totp/activate/",
        "/accounts/2fa/webauthn/add/",
        "/accounts/oidc/example/login/?process=connect",
    )

    @pytest.fixture
    def browser(self, alice: User, provider: IdentityProvider) -> Browser:
        browser = Browser()
        enter_password(browser)
        return browser

    def grow_old(self, browser: Browser) -> None:
        """Signed in an hour ago."""
        session = browser.session
        for record in session["account_authentication_methods"]:
            record["at"] = time.time() - 3600
        session.save()

    @pytest.mark.parametrize("page", PAGES)
    def test_can_be_made_right_after_signing_in(self, browser: Browser, page: str) -> None:
        assert browser.get(page).status_code == 200

    @pytest.mark.parametrize("page", PAGES)
    def test_want_the_password_again_later(self, browser: Browser, page: str) -> None:
        self.grow_old(browser)
        response = browser.get(page)
        assert response["Location"].startswith("/accounts/reauthenticate/?next=")

    def test_want_it_however_the_form_is_made(self, browser: Browser) -> None:
        self.grow_old(browser)
        response = browser.post("/accounts/oidc/example/login/", {"process": "connect"})
        assert response["Location"].startswith("/accounts/reauthenticate/")

    def test_go_on_after_it(self, browser: Browser) -> None:
        self.grow_old(browser)
        asked = browser.get(self.PAGES[0])["Location"]
        response = browser.post(asked, {"password": PASSWORD, "next": self.PAGES[0]})
        assert response["Location"] == self.PAGES[0]
        assert browser.get(self.PAGES[0]).status_code == 200

    def test_want_the_provider_again_of_who_has_nothing_else(self, browser: Browser, alice: User) -> None:
        SocialAccount.objects.create(user=alice, provider="example", uid="42")
        alice.set_unusable_password()
        alice.save()
        browser = Browser()
        sign_in(browser)
        self.grow_old(browser)
        for page in (*self.PAGES, "/accounts/password/set/"):
            asked = browser.get(page)["Location"]
            assert asked.startswith("/account/again/?next=")
            assert "Continue with Example ID" in text(browser.get(asked))

    def test_go_on_after_that_too(self, browser: Browser, alice: User) -> None:
        SocialAccount.objects.create(user=alice, provider="example", uid="42")
        alice.set_unusable_password()
        alice.save()
        browser = Browser()
        sign_in(browser)
        self.grow_old(browser)
        assert sign_in(browser, self.PAGES[0])["Location"] == self.PAGES[0]
        assert browser.get(self.PAGES[0]).status_code == 200

    def test_of_addresses_want_it_too(self, browser: Browser) -> None:
        self.grow_old(browser)
        response = browser.post("/accounts/email/", {"email": "alice@example.org", "action_remove": ""})
        assert response["Location"].startswith("/accounts/reauthenticate/")
