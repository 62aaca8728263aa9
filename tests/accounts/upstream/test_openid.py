"""Accounts at an OpenID provider: linked with offline access, refreshed and given back as its metadata says."""

import base64
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from django.core.cache import cache
from django.test import Client as Browser
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from accounts.models import UpstreamAccount, User
from accounts.providers import OpenIDRegistration, social_providers
from accounts.upstream.conf import conf
from accounts.upstream.providers import upstream_providers
from accounts.upstream.token_requests import ProviderUnavailableError
from accounts.upstream.tokens import LinkNeededError, fresh_token
from accounts.upstream.variables import named_api_urls, named_scopes
from mcpsite.environment import Environment
from tests.identity_provider import CLIENT_ID, CLIENT_SECRET, Fault, IdentityProvider

pytestmark = pytest.mark.django_db
LINK = "/account/upstream/oidc/link/"


@pytest.fixture
def provider(settings: Settings) -> Iterator[IdentityProvider]:
    """A provider that this site is registered at, with an API for tools."""
    cache.clear()
    with IdentityProvider(name="Ada Lovelace") as running:
        registration = OpenIDRegistration(CLIENT_ID, CLIENT_SECRET, issuer=running.url, name="Example ID")
        settings.SOCIALACCOUNT_PROVIDERS = social_providers(oidc=[registration])
        settings.UPSTREAM_API_URLS = {"oidc": f"{running.url}/api"}
        yield running


@pytest.fixture
def browser(alice: User) -> Browser:
    """Alice's, signed in."""
    browser = Browser()
    browser.force_login(alice)
    return browser


@pytest.fixture
def account(browser: Browser, provider: IdentityProvider) -> UpstreamAccount:
    """Alice's account there, linked."""
    back = urlsplit(httpx.get(browser.post(LINK)["Location"], timeout=60).headers["Location"])
    browser.get(f"{back.path}?{back.query}")
    return UpstreamAccount.objects.get()


def test_offline_access_is_asked_for_with_consent(browser: Browser, provider: IdentityProvider) -> None:
    query = parse_qs(urlsplit(browser.post(LINK)["Location"]).query)
    assert "offline_access" in query["scope"][0].split()
    assert query["prompt"] == ["consent"]


def test_it_is_linked_under_its_name(account: UpstreamAccount) -> None:
    assert (account.provider, account.uid, account.name) == ("oidc", "42", "Ada Lovelace")


def test_it_is_refreshed(alice: User, account: UpstreamAccount, provider: IdentityProvider) -> None:
    UpstreamAccount.objects.update(expires_at=timezone.now())
    assert fresh_token(alice.pk, "oidc") == provider.given[2]


def test_a_refresh_that_is_refused_breaks_the_link(
    alice: User, account: UpstreamAccount, provider: IdentityProvider
) -> None:
    UpstreamAccount.objects.update(expires_at=timezone.now())
    provider.given.append("another")
    with pytest.raises(LinkNeededError):
        fresh_token(alice.pk, "oidc")
    assert UpstreamAccount.objects.get().broken_at is not None


@pytest.mark.parametrize("fault", ["error", "list", "garbage", "cut"])
@pytest.mark.parametrize("path", ["/token", "/.well-known/openid-configuration"])
def test_a_provider_that_fails_breaks_nothing(
    alice: User, account: UpstreamAccount, provider: IdentityProvider, path: str, fault: Fault
) -> None:
    UpstreamAccount.objects.update(expires_at=timezone.now())
    provider.faults[path] = fault
    with pytest.raises(ProviderUnavailableError):
        fresh_token(alice.pk, "oidc")
    account.refresh_from_db()
    assert (account.broken_at, account.lease) == (None, "")


def test_it_is_given_back_whole(
    browser: Browser,
    account: UpstreamAccount,
    provider: IdentityProvider,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        browser.post("/account/upstream/oidc/unlink/")
    basic = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
    access, refresh = provider.given
    assert provider.revoked == [(refresh, f"Basic {basic}"), (access, f"Basic {basic}")]


@pytest.mark.parametrize("fault", ["error", "list", "garbage"])
def test_a_provider_that_does_not_answer_is_named(browser: Browser, provider: IdentityProvider, fault: Fault) -> None:
    provider.faults["/.well-known/openid-configuration"] = fault
    page = browser.post(LINK, follow=True)
    assert "Example ID does not answer just now" in page.content.decode()


def test_each_named_provider_has_variables_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OIDC_MY_OKTA_TOOL_SCOPES", "files,mail")
    monkeypatch.setenv("OIDC_MY_OKTA_API_URL", "https://api.example.org")
    names = ["my-okta", "keycloak"]
    assert named_scopes(Environment(), names) == {"my-okta": ["files", "mail"], "keycloak": ["offline_access"]}
    assert named_api_urls(Environment(), names) == {"my-okta": "https://api.example.org", "keycloak": ""}


def test_a_github_of_an_enterprise_has_its_api_below_it(settings: Settings) -> None:
    assert conf().api_urls["github"] == "https://api.github.com"
    settings.SOCIALACCOUNT_PROVIDERS = {"github": {"GITHUB_URL": "https://git.example.org/"}}
    assert conf().api_urls["github"] == "https://git.example.org/api/v3"


def test_a_provider_without_an_api_is_not_offered(provider: IdentityProvider, settings: Settings) -> None:
    assert [found.id for found in upstream_providers()] == ["oidc"]
    settings.UPSTREAM_API_URLS = {}
    assert upstream_providers() == []
