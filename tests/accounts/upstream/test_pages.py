"""What the pages of linked accounts say."""

import pytest
from bs4 import BeautifulSoup
from django.test import Client as Browser
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from accounts.upstream import references
from tests.accounts.upstream.conftest import Linked
from tests.fake_github import FakeGitHub

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(alice: User) -> Browser:
    """Alice's, signed in."""
    browser = Browser()
    browser.force_login(alice)
    return browser


def read(browser: Browser, path: str = "/account/upstream/", status: int = 200) -> tuple[str, list[str]]:
    """The words of a page and the labels of its own buttons."""
    response = browser.get(path)
    assert response.status_code == status
    assert "no-store" in response["Cache-Control"]
    main = BeautifulSoup(response.content, "html.parser").main
    assert main is not None
    return " ".join(main.get_text(" ").split()), [button.get_text() for button in main.find_all("button")]


def path_for(user: User, provider: str = "github") -> str:
    return references.make_url(user.pk, provider, "").removeprefix("http://localhost:8000")


def test_a_provider_can_be_linked(browser: Browser, github: FakeGitHub) -> None:
    words, buttons = read(browser)
    assert "Tools would ask GitHub for: read:user user:email" in words
    assert buttons == ["Link GitHub"]


def test_a_linked_one_can_be_unlinked(browser: Browser, alice: User, linked: Linked) -> None:
    linked(alice, scopes="repo")
    words, buttons = read(browser)
    assert "octocat" in words
    assert "Tools may use: repo" in words
    assert buttons == ["Unlink GitHub"]


def test_a_broken_one_says_so(browser: Browser, alice: User, linked: Linked) -> None:
    linked(alice, broken_at=timezone.now())
    words, buttons = read(browser)
    assert "GitHub does not let tools in with this account any more" in words
    assert buttons == ["Link GitHub again", "Unlink GitHub"]


def test_one_whose_provider_went_can_still_be_unlinked(
    browser: Browser, alice: User, linked: Linked, settings: Settings
) -> None:
    linked(alice)
    settings.SOCIALACCOUNT_PROVIDERS = {}
    assert read(browser)[1] == ["Unlink github"]


def test_without_providers_it_says_so(browser: Browser) -> None:
    assert "no other services to link" in read(browser)[0]


def test_an_openid_provider_without_an_api_is_not_offered(browser: Browser, settings: Settings) -> None:
    app = {"client_id": "c", "secret": "s", "provider_id": "oidc", "name": "Example", "settings": {"server_url": "x"}}
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": [app]}}
    assert read(browser)[1] == []
    settings.UPSTREAM_API_URLS = {"oidc": "https://api.example.org"}
    assert read(browser)[1] == ["Link Example"]


def test_nobody_sees_another_users_accounts(browser: Browser, bob: User, linked: Linked) -> None:
    linked(bob)
    assert "octocat" not in read(browser)[0]


def test_a_request_says_who_asks_for_what(browser: Browser, alice: User, github: FakeGitHub) -> None:
    words, buttons = read(browser, path_for(alice))
    assert "An app of yours called a tool" in words
    assert buttons == ["Agree and go to GitHub"]


def test_a_request_that_was_met_says_so(browser: Browser, alice: User, linked: Linked) -> None:
    linked(alice)
    words, buttons = read(browser, path_for(alice))
    assert "GitHub is linked" in words
    assert buttons == []


def test_a_request_for_another_user_is_refused(browser: Browser, bob: User, github: FakeGitHub) -> None:
    words, buttons = read(browser, path_for(bob), status=403)
    assert "made for another user of this site, and you are signed in as alice" in words
    assert "bob" not in words
    assert buttons == []


@pytest.mark.parametrize("user_signed_in", [True, False])
def test_a_link_for_another_user_cannot_be_posted(
    bob: User, browser: Browser, github: FakeGitHub, user_signed_in: bool
) -> None:
    reference = path_for(bob).rstrip("/").rpartition("/")[2]
    if not user_signed_in:
        browser.logout()
    response = browser.post("/account/upstream/github/link/", {"reference": reference})
    assert response.status_code == (403 if user_signed_in else 302)
    assert not github.authorizations


def test_a_link_for_another_provider_cannot_be_posted(browser: Browser, alice: User, github: FakeGitHub) -> None:
    reference = path_for(alice, "google").rstrip("/").rpartition("/")[2]
    assert browser.post("/account/upstream/github/link/", {"reference": reference}).status_code == 403


def test_a_broken_link_is_refused(browser: Browser, github: FakeGitHub) -> None:
    assert "Copy all of it" in read(browser, "/account/upstream/for/nonsense/", status=400)[0]
    assert browser.post("/account/upstream/github/link/", {"reference": "nonsense"}).status_code == 400


def test_a_stranger_signs_in_and_comes_back(alice: User, github: FakeGitHub) -> None:
    response = Browser().get(path_for(alice))
    assert response["Location"].startswith("/accounts/login/?next=/account/upstream/for/")
