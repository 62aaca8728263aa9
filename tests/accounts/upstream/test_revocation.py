"""How each kind of provider takes tokens back."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from allauth.socialaccount.providers.github.views import GitHubOAuth2Adapter
from pytest_django import Settings

from accounts.providers import MicrosoftRegistration, Registration, social_providers
from accounts.upstream import token_requests
from accounts.upstream.token_requests import ProviderUnavailableError, revoke
from accounts.upstream.vault import Tokens

pytestmark = pytest.mark.django_db
TOKENS = Tokens("access", "refresh")
Sent = list[tuple[str, str, dict[str, Any]]]


@pytest.fixture
def sent(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Sent:
    """Requests to providers that this site is registered at; none leaves it."""
    settings.SOCIALACCOUNT_PROVIDERS = social_providers(
        google=Registration("client", "secret"),
        github=Registration("client", "secret"),
        microsoft=MicrosoftRegistration("client", "secret"),
    )
    requests: Sent = []

    def send(method: str, url: str, **options: Any) -> tuple[int, dict[str, Any]]:
        requests.append((method, url, options))
        return 200, {}

    monkeypatch.setattr(token_requests, "_send", send)
    return requests


def test_google_is_told_the_refresh_token(sent: Sent) -> None:
    assert revoke("google", TOKENS)
    assert sent == [("POST", "https://oauth2.googleapis.com/revoke", {"data": {"token": "refresh"}})]


def test_google_is_told_the_access_token_where_there_is_no_other(sent: Sent) -> None:
    revoke("google", Tokens("access"))
    assert sent[0][2] == {"data": {"token": "access"}}


def test_github_is_told_the_access_token_by_the_site_itself(sent: Sent) -> None:
    assert revoke("github", TOKENS)
    [(method, url, options)] = sent
    assert (method, url) == ("DELETE", "https://api.github.com/applications/client/token")
    assert options["content"] == '{"access_token": "access"}'
    assert options["auth"] is not None


def test_microsoft_takes_none_back(sent: Sent) -> None:
    assert not revoke("microsoft", TOKENS)
    assert sent == []


def _unavailable(*_: Any, **__: Any) -> None:
    raise ProviderUnavailableError


def test_a_provider_that_is_down_keeps_nobody_from_unlinking(sent: Sent, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(token_requests, "_send", _unavailable)
    assert not revoke("google", TOKENS)


@pytest.mark.parametrize("ask", [revoke, token_requests.refresh])
def test_nothing_is_sent_in_clear(
    ask: Callable[[str, Tokens], object], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SOCIALACCOUNT_PROVIDERS = social_providers(github=Registration("client", "secret"))
    settings.SOCIALACCOUNT_PROVIDERS["github"]["GITHUB_URL"] = "http://git.example.org"
    monkeypatch.setattr(GitHubOAuth2Adapter, "access_token_url", "http://git.example.org/token")
    monkeypatch.setattr(token_requests.httpx2, "Client", _never)
    with suppress(ProviderUnavailableError):
        assert not ask("github", TOKENS)


def _never(*_: Any, **__: Any) -> None:
    raise AssertionError("a request was made")
