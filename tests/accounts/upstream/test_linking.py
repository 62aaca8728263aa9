"""Linking: only what the signed-in user agreed to in this session is kept, sealed, and given back on unlinking."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.contrib.messages import get_messages
from django.core.cache import cache
from django.test import Client as Browser
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from accounts.models import UpstreamAccount, User
from accounts.providers import Registration, social_providers
from accounts.upstream.signals import upstream_linked
from accounts.upstream.vault import unseal
from tests.accounts.upstream.conftest import Linked
from tests.fake_github import FakeGitHub

pytestmark = pytest.mark.django_db
LINK, UNLINK = "/account/upstream/github/link/", "/account/upstream/github/unlink/"


@pytest.fixture(autouse=True)
def _no_rates_from_other_tests() -> None:
    cache.clear()


@pytest.fixture
def browser(alice: User) -> Browser:
    """Alice's, signed in."""
    browser = Browser()
    browser.force_login(alice)
    return browser


def come_back(browser: Browser, away: Any) -> Any:
    """The answer to the browser that the provider sent back."""
    assert away.status_code == 302, away.content
    back = httpx.get(away["Location"], timeout=60).headers["Location"]
    return browser.get(f"{urlsplit(back).path}?{urlsplit(back).query}")


def link(browser: Browser) -> Any:
    """Agree here and at the provider."""
    return come_back(browser, browser.post(LINK))


def told(response: Any) -> str:
    """What the messages say that wait for the next page."""
    return " ".join(str(message) for message in get_messages(response.wsgi_request))


def test_the_tokens_are_kept_sealed(browser: Browser, alice: User, github: FakeGitHub) -> None:
    response = link(browser)

    assert (response.status_code, response["Location"]) == (302, "/account/upstream/")
    account = UpstreamAccount.objects.get()
    assert (account.user, account.provider, account.name) == (alice, "github", "octocat")
    tokens = unseal(account.sealed, alice.pk, "github")
    assert [tokens.access, tokens.refresh] == github.given
    assert account.expires_at is not None


def test_scopes_for_tools_are_asked_for_besides(browser: Browser, github: FakeGitHub, settings: Settings) -> None:
    settings.UPSTREAM_SCOPES = {"github": ["repo"]}
    link(browser)

    assert set(github.authorizations[0]["scope"].split()) == {"read:user", "user:email", "repo"}
    assert github.authorizations[0]["code_challenge_method"] == "S256"
    assert UpstreamAccount.objects.get().scope_set == ["read:user", "repo", "user:email"]


def test_it_is_no_way_to_sign_in(browser: Browser, github: FakeGitHub) -> None:
    link(browser)
    assert not SocialAccount.objects.exists()


def test_allauth_keeps_no_token(browser: Browser, github: FakeGitHub) -> None:
    link(browser)
    assert not SocialToken.objects.exists()
    assert not [token for token in github.given if token in str(dict(browser.session))]


def test_signing_in_keeps_nothing(alice: User, github: FakeGitHub) -> None:
    SocialAccount.objects.create(user=alice, provider="github", uid=str(github.user_id))
    browser = Browser()
    come_back(browser, browser.post("/accounts/github/login/"))

    assert browser.session["_auth_user_id"] == str(alice.pk)
    assert not UpstreamAccount.objects.exists()
    assert not [token for token in github.given if token in str(dict(browser.session))]


@pytest.mark.parametrize("process", ["redirect", "connect"])
def test_nor_does_a_flow_that_nobody_agreed_to_here(alice: User, github: FakeGitHub, process: str) -> None:
    browser = Browser()
    browser.post("/accounts/login/", {"login": "alice", "password": "correct horse"})
    come_back(browser, browser.post(f"/accounts/github/login/?process={process}"))
    assert not UpstreamAccount.objects.exists()


def test_a_get_does_nothing(browser: Browser, github: FakeGitHub) -> None:
    assert browser.get(LINK).status_code == 405
    assert browser.get(UNLINK).status_code == 405


def test_a_stranger_signs_in_first(github: FakeGitHub) -> None:
    for response in (Browser().get("/account/upstream/"), Browser().post(LINK)):
        assert response["Location"].startswith("/accounts/login/?next=/account/upstream/")


def test_a_forged_post_is_refused(alice: User, github: FakeGitHub) -> None:
    browser = Browser(enforce_csrf_checks=True)
    browser.force_login(alice)
    assert browser.post(LINK).status_code == 403


def test_it_counts_only_for_the_user_who_agreed(browser: Browser, alice: User, bob: User, github: FakeGitHub) -> None:
    away = browser.post(LINK)
    states = browser.session["socialaccount_states"]
    browser.force_login(bob)
    session = browser.session
    session["socialaccount_states"] = states
    session.save()

    response = come_back(browser, away)

    assert "signed in as somebody else" in told(response)
    assert not UpstreamAccount.objects.exists()


def test_an_answer_is_good_once(browser: Browser, github: FakeGitHub) -> None:
    back = urlsplit(httpx.get(browser.post(LINK)["Location"], timeout=60).headers["Location"])
    browser.get(f"{back.path}?{back.query}")
    UpstreamAccount.objects.all().delete()

    assert browser.get(f"{back.path}?{back.query}").status_code == 400
    assert not UpstreamAccount.objects.exists()


@pytest.mark.parametrize("belongs", ["linked", "signs in"])
def test_an_account_of_another_user_is_refused_politely(
    browser: Browser, bob: User, linked: Linked, github: FakeGitHub, belongs: str
) -> None:
    if belongs == "linked":
        linked(bob)
    else:
        SocialAccount.objects.create(user=bob, provider="github", uid=str(github.user_id))

    response = link(browser)

    assert "belongs to another user of this site" in told(response)
    assert not UpstreamAccount.objects.exclude(user=bob).exists()


def test_linking_again_mends_a_broken_link(browser: Browser, alice: User, linked: Linked, github: FakeGitHub) -> None:
    account = linked(alice)
    UpstreamAccount.objects.update(broken_at=account.linked_at, lease="x", lease_until=account.expires_at)
    link(browser)

    account.refresh_from_db()
    assert (account.broken_at, account.lease, account.lease_until) == (None, "", None)
    assert unseal(account.sealed, alice.pk, "github").access == github.given[2]


def test_a_refresh_token_that_comes_only_once_is_kept(
    browser: Browser, alice: User, linked: Linked, github: FakeGitHub
) -> None:
    linked(alice)
    github.expires_in = None
    link(browser)
    assert unseal(UpstreamAccount.objects.get().sealed, alice.pk, "github").refresh == github.given[1]


def test_unlinking_forgets_and_gives_back(
    browser: Browser,
    alice: User,
    linked: Linked,
    github: FakeGitHub,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    linked(alice)
    with django_capture_on_commit_callbacks(execute=True):
        browser.post(UNLINK)
    assert not UpstreamAccount.objects.exists()
    assert github.revoked == [github.given[0]]


def test_unlinking_works_while_the_provider_is_gone(
    browser: Browser,
    alice: User,
    linked: Linked,
    settings: Settings,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    linked(alice)
    settings.SOCIALACCOUNT_PROVIDERS = {}
    with django_capture_on_commit_callbacks(execute=True):
        assert browser.post(UNLINK).status_code == 302
    assert not UpstreamAccount.objects.exists()


def test_nobody_unlinks_another_users(bob: User, browser: Browser, linked: Linked) -> None:
    linked(bob)
    browser.post(UNLINK)
    assert UpstreamAccount.objects.filter(user=bob).exists()


def test_the_rooms_above_are_told(
    browser: Browser,
    alice: User,
    github: FakeGitHub,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    heard: list[dict[str, Any]] = []

    def hear(sender: object, **message: Any) -> None:
        heard.append({name: message[name] for name in ("user_id", "provider", "elicitation")})

    upstream_linked.connect(hear)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            link(browser)
    finally:
        upstream_linked.disconnect(hear)
    assert heard == [{"user_id": alice.pk, "provider": "github", "elicitation": ""}]


def test_a_user_who_stops_at_the_provider_is_told_so(browser: Browser, github: FakeGitHub) -> None:
    github.denies = True
    response = link(browser)
    assert (response.status_code, response["Location"]) == (302, "/account/upstream/")
    assert told(response) == "You stopped at GitHub. Nothing was linked."


def test_a_provider_that_fails_is_named(browser: Browser, github: FakeGitHub) -> None:
    github.down = True
    response = link(browser)
    assert response["Location"] == "/account/upstream/"
    assert "no usable answer from GitHub" in told(response)


def test_a_provider_that_this_site_has_not_is_not_found(browser: Browser, github: FakeGitHub) -> None:
    assert browser.post("/account/upstream/gitlab/link/").status_code == 404


def test_google_is_asked_for_a_refresh_token(browser: Browser, settings: Settings) -> None:
    settings.SOCIALACCOUNT_PROVIDERS = social_providers(google=Registration("client", "secret"))
    query = parse_qs(urlsplit(browser.post("/account/upstream/google/link/")["Location"]).query)
    assert (query["access_type"], query["prompt"]) == (["offline"], ["consent"])
