"""A site with a GitHub, in this process."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from allauth.socialaccount.providers.github.views import GitHubOAuth2Adapter
from django.utils import timezone
from pytest_django import Settings

from accounts.models import UpstreamAccount, User
from accounts.providers import Registration, social_providers
from accounts.upstream.vault import Tokens, seal
from tests.fake_github import CLIENT_ID, CLIENT_SECRET, FakeGitHub

Linked = Callable[..., UpstreamAccount]


@pytest.fixture
def github(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeGitHub]:
    """A GitHub that this site has credentials at."""
    with FakeGitHub() as running:
        site: dict[str, Any] = social_providers(github=Registration(CLIENT_ID, CLIENT_SECRET))
        site["github"]["GITHUB_URL"] = running.url
        settings.SOCIALACCOUNT_PROVIDERS = site
        # allauth reads the URL of an Enterprise Server once, when it is imported.
        for name, path in (("access_token_url", "access_token"), ("authorize_url", "authorize")):
            monkeypatch.setattr(GitHubOAuth2Adapter, name, f"{running.url}/login/oauth/{path}")
        for name, path in (("profile_url", "/user"), ("emails_url", "/user/emails")):
            monkeypatch.setattr(GitHubOAuth2Adapter, name, f"{running.api_url}{path}")
        yield running


@pytest.fixture
def alice() -> User:
    return User.objects.create_user("alice", password="correct horse")


@pytest.fixture
def bob() -> User:
    return User.objects.create_user("bob", password="correct horse")


@pytest.fixture
def linked(github: FakeGitHub) -> Linked:
    """Links an account with tokens that GitHub gave: `linked(alice)`, `linked(alice, ends_in=-5)` in seconds."""

    def make(user: User, ends_in: float | None = 28800, **fields: Any) -> UpstreamAccount:
        given = github.issue()
        tokens = Tokens(given["access_token"], given.get("refresh_token", ""))
        now = timezone.now()
        return UpstreamAccount.objects.create(
            user=user,
            provider="github",
            uid=fields.pop("uid", str(github.user_id)),
            name=github.login,
            sealed=seal(tokens, user.pk, "github"),
            linked_at=now - timedelta(hours=8),
            expires_at=None if ends_in is None else now + timedelta(seconds=ends_in),
            **fields,
        )

    return make
