"""Where somebody wanted to go, kept to the byte on every way in, and offered on every page that ends one."""

import re
from typing import Any

import pytest
from allauth.socialaccount.internal import statekit
from allauth.socialaccount.models import SocialAccount
from bs4 import BeautifulSoup
from django.test import Client as Browser

from accounts.models import User
from tests.accounts.way import ASKED, at_provider, begin, is_signed_in, links, sign_in, text, way_to
from tests.identity_provider import Fault, IdentityProvider


@pytest.fixture
def linked(alice: User, provider: IdentityProvider) -> IdentityProvider:
    """The provider, where its person is alice."""
    SocialAccount.objects.create(user=alice, provider="example", uid="42")
    return provider


def asked_at_sign_in(browser: Browser) -> str:
    """What the sign-in page says the person wants, after a client sent them to the authorization endpoint."""
    response = browser.get(ASKED)
    page = BeautifulSoup(browser.get(response["Location"]).content, "html.parser")
    [field] = {str(field["value"]) for field in page.select("input[name=next]")}
    return field


class TestAnAuthorizationRequest:
    def test_survives_sign_in_through_a_provider(self, linked: IdentityProvider) -> None:
        browser = Browser()
        target = asked_at_sign_in(browser)
        response = browser.get(at_provider(begin(browser, target)))
        assert response["Location"] == ASKED

    def test_survives_in_the_provider_button_of_the_page(self, linked: IdentityProvider) -> None:
        browser = Browser()
        page = BeautifulSoup(browser.get(browser.get(ASKED)["Location"]).content, "html.parser")
        [form] = page.select(".providers form")
        away = browser.post(str(form["action"]))["Location"]
        assert browser.get(at_provider(away))["Location"] == ASKED

    def test_survives_becoming_a_user(self, db: None, provider: IdentityProvider, settings: Any) -> None:
        settings.SIGN_UP = "open"
        assert sign_in(Browser(), ASKED)["Location"] == ASKED

    def test_is_forgotten_on_arrival(self, linked: IdentityProvider) -> None:
        browser = Browser()
        browser.get(way_to(ASKED))
        sign_in(browser, ASKED)
        assert not any(value == ASKED for value in browser.session.values())

    @pytest.mark.parametrize(
        "target", ["https://evil.example/", "//evil.example/", "/\\evil.example", "\t//evil.example"]
    )
    def test_is_nothing_else_than_a_page_of_this_site(self, linked: IdentityProvider, target: str) -> None:
        browser = Browser()
        browser.get(way_to(target))
        assert browser.session.get("sign_in_target") is None
        assert sign_in(browser, target)["Location"] == "/"


def offers_the_way_back(response: Any) -> bool:
    return way_to(ASKED) in links(response)


class TestAPersonWhoCancels:
    def test_is_told_so_and_offered_the_way_back(self, linked: IdentityProvider) -> None:
        linked.refusal = "access_denied"
        response = sign_in(Browser(), ASKED)
        assert "You stopped signing in at Example ID" in text(response)
        assert offers_the_way_back(response)

    def test_gets_there_in_the_end(self, linked: IdentityProvider) -> None:
        linked.refusal = "access_denied"
        browser = Browser()
        sign_in(browser, ASKED)
        linked.refusal = ""
        assert sign_in(browser, ASKED)["Location"] == ASKED


class TestAProviderThatFails:
    @pytest.fixture(autouse=True)
    def _patience(self, settings: Any) -> None:
        settings.SIGN_IN_TIMEOUT = 0.5

    @pytest.mark.parametrize("fault", ["error", "garbage", "list", "hang", "drip", "cut", "endless"])
    @pytest.mark.parametrize("path", ["/token", "/userinfo", "/.well-known/openid-configuration"])
    def test_on_the_way_back_is_said_so(self, linked: IdentityProvider, path: str, fault: Fault) -> None:
        browser = Browser()
        callback = at_provider(begin(browser, ASKED))
        linked.faults[path] = fault
        response = browser.get(callback)
        assert response.status_code == 502
        assert "no usable answer" in text(response)
        assert offers_the_way_back(response)
        assert not is_signed_in(browser)

    @pytest.mark.parametrize("fault", ["error", "garbage", "list", "hang", "drip", "cut", "endless"])
    def test_on_the_way_there_is_said_so(self, linked: IdentityProvider, fault: Fault) -> None:
        linked.faults["/.well-known/openid-configuration"] = fault
        browser = Browser()
        browser.get(way_to(ASKED))
        response = browser.post("/accounts/oidc/example/login/?process=login")
        assert response.status_code == 502
        assert offers_the_way_back(response)

    @pytest.mark.parametrize("error", ["server_error", "temporarily_unavailable", "<script>alert(1)</script>"])
    def test_with_an_error_of_its_own_is_said_so(self, linked: IdentityProvider, error: str) -> None:
        linked.refusal = error
        response = sign_in(Browser(), ASKED)
        assert response.status_code == 502
        assert offers_the_way_back(response)
        assert b"alert(1)" not in response.content

    def test_without_saying_who_it_is_signs_nobody_in(self, linked: IdentityProvider) -> None:
        del linked.claims["sub"]
        browser = Browser()
        response = sign_in(browser, ASKED)
        assert response.status_code == 502
        assert not is_signed_in(browser)

    def test_says_nothing_of_its_answer_in_the_log(
        self, linked: IdentityProvider, caplog: pytest.LogCaptureFixture
    ) -> None:
        browser = Browser()
        callback = at_provider(begin(browser, ASKED))
        linked.faults["/token"] = "garbage"
        browser.get(callback)
        assert "JSONDecodeError" in caplog.text
        assert "this is no JSON" not in caplog.text


class TestASignInThatTookTooLong:
    def test_is_said_so_and_offers_the_way_back(self, linked: IdentityProvider) -> None:
        browser = Browser()
        browser.get(way_to(ASKED))
        callback = at_provider(begin(browser, ASKED))
        session = browser.session
        for state in session[statekit.STATES_SESSION_KEY].values():
            state[1] -= statekit.STATE_TTL + 1
        session.save()
        response = browser.get(callback)
        assert response.status_code == 400
        assert "That took too long" in text(response)
        assert offers_the_way_back(response)

    def test_cannot_be_used_twice(self, linked: IdentityProvider) -> None:
        browser = Browser()
        callback = at_provider(begin(browser, ASKED))
        browser.get(callback)
        browser.post("/accounts/logout/")
        assert "That took too long" in text(browser.get(callback))
        assert not is_signed_in(browser)

    def test_nor_in_another_browser(self, linked: IdentityProvider) -> None:
        """Else an attacker could sign somebody in as themselves (login CSRF)."""
        callback = at_provider(begin(Browser(), ASKED))
        other = Browser()
        assert "begun in another browser" in text(other.get(callback))
        assert not is_signed_in(other)


def test_who_is_refused_is_offered_the_way_back(db: None, provider: IdentityProvider) -> None:
    response = sign_in(Browser(), ASKED)
    assert "The app that sent you here still waits" in text(response)
    assert offers_the_way_back(response)


def test_the_page_of_the_provider_needs_no_script(linked: IdentityProvider) -> None:
    response = Browser().get("/accounts/oidc/example/login/?process=login")
    assert "You will be sent to Example ID" in text(response)
    assert re.search(rb'<form method="post">', response.content)
