"""Access tokens of linked accounts: used as they are, refreshed in time, and given up when the provider says so."""

import logging

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import UpstreamAccount, User
from accounts.upstream import token_requests
from accounts.upstream.token_requests import Grant, ProviderUnavailableError
from accounts.upstream.tokens import LinkNeededError, current_token, fresh_token, is_linked
from accounts.upstream.vault import Tokens, unseal
from tests.accounts.upstream.conftest import Linked
from tests.fake_github import FakeGitHub

pytestmark = pytest.mark.django_db


def test_a_good_token_is_used_as_it_is(alice: User, linked: Linked, github: FakeGitHub) -> None:
    linked(alice)
    assert current_token(alice.pk, "github") == fresh_token(alice.pk, "github") == github.given[0]
    assert github.refreshes == 0


def test_a_token_without_end_is_used_as_it_is(alice: User, linked: Linked, github: FakeGitHub) -> None:
    github.expires_in = None
    linked(alice, ends_in=None)
    assert current_token(alice.pk, "github") == github.given[0]


def test_it_is_one_query(alice: User, linked: Linked, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    linked(alice)
    with django_assert_num_queries(1):
        current_token(alice.pk, "github")


@pytest.mark.parametrize("ends_in", [30, -5])
def test_one_that_ends_is_refreshed(alice: User, linked: Linked, github: FakeGitHub, ends_in: float) -> None:
    linked(alice, ends_in=ends_in)
    assert current_token(alice.pk, "github") is None
    fresh = fresh_token(alice.pk, "github")
    assert github.admits(f"Bearer {fresh}")
    assert current_token(alice.pk, "github") == fresh


def test_the_rotated_refresh_token_is_kept(alice: User, linked: Linked, github: FakeGitHub) -> None:
    account = linked(alice, ends_in=-5)
    fresh_token(alice.pk, "github")
    account.refresh_from_db()
    assert unseal(account.sealed, alice.pk, "github").refresh == github.given[-1]
    assert (account.lease, account.lease_until) == ("", None)
    assert account.refreshed_at is not None


def test_one_that_the_api_refused_is_refreshed(alice: User, linked: Linked, github: FakeGitHub) -> None:
    linked(alice)
    refused = github.given[0]
    assert current_token(alice.pk, "github", refused) is None
    assert fresh_token(alice.pk, "github", refused) not in github.given[:2]


def test_one_that_was_refreshed_meanwhile_is_not_refreshed_again(
    alice: User, linked: Linked, github: FakeGitHub
) -> None:
    linked(alice)
    assert fresh_token(alice.pk, "github", "an-earlier-token") == github.given[0]
    assert github.refreshes == 0


def test_a_refused_refresh_breaks_the_link(alice: User, linked: Linked, github: FakeGitHub) -> None:
    account = linked(alice, ends_in=-5)
    github.forget_everything()
    with pytest.raises(LinkNeededError):
        fresh_token(alice.pk, "github")
    account.refresh_from_db()
    assert account.broken_at is not None
    assert not is_linked(alice.pk, "github")


def test_a_broken_link_is_not_tried_again(alice: User, linked: Linked, github: FakeGitHub) -> None:
    linked(alice, ends_in=-5, broken_at=timezone.now())
    with pytest.raises(LinkNeededError):
        fresh_token(alice.pk, "github")
    assert github.refreshes == 0


def test_a_refused_token_that_cannot_be_refreshed_breaks_the_link(
    alice: User, linked: Linked, github: FakeGitHub
) -> None:
    github.expires_in = None
    linked(alice, ends_in=None)
    with pytest.raises(LinkNeededError):
        fresh_token(alice.pk, "github", github.given[0])
    assert UpstreamAccount.objects.get().broken_at is not None


def test_a_provider_that_is_down_breaks_nothing(alice: User, linked: Linked, github: FakeGitHub) -> None:
    linked(alice, ends_in=-5)
    github.down = True
    with pytest.raises(ProviderUnavailableError):
        fresh_token(alice.pk, "github")
    github.down = False
    assert github.admits(f"Bearer {fresh_token(alice.pk, 'github')}")


def test_while_it_is_down_a_token_is_used_to_its_end(alice: User, linked: Linked, github: FakeGitHub) -> None:
    linked(alice, ends_in=30)
    github.down = True
    assert fresh_token(alice.pk, "github") == github.given[0]


def test_wrong_credentials_of_the_site_break_nothing_and_are_logged(
    alice: User, linked: Linked, github: FakeGitHub, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    linked(alice, ends_in=-5)
    settings.SOCIALACCOUNT_PROVIDERS["github"]["APPS"][0]["secret"] = "wrong"
    with pytest.raises(ProviderUnavailableError), caplog.at_level(logging.ERROR):
        fresh_token(alice.pk, "github")
    assert "incorrect_client_credentials" in caplog.text
    assert is_linked(alice.pk, "github")


def test_a_provider_that_is_not_set_up_any_more_is_unavailable(
    alice: User, linked: Linked, github: FakeGitHub, settings: Settings
) -> None:
    linked(alice, ends_in=-5)
    settings.SOCIALACCOUNT_PROVIDERS = {}
    with pytest.raises(ProviderUnavailableError):
        fresh_token(alice.pk, "github")


def test_nobody_without_an_account_gets_a_token(alice: User, bob: User, linked: Linked) -> None:
    linked(alice)
    for user, provider in ((bob, "github"), (alice, "google")):
        with pytest.raises(LinkNeededError):
            current_token(user.pk, provider)


def test_a_row_with_somebody_elses_tokens_opens_nothing(alice: User, bob: User, linked: Linked) -> None:
    sealed = linked(alice).sealed
    linked(bob, uid="7")
    UpstreamAccount.objects.filter(user=bob).update(sealed=sealed)
    with pytest.raises(LinkNeededError):
        current_token(bob.pk, "github")
    assert not is_linked(bob.pk, "github")


def test_tokens_for_an_account_that_was_unlinked_meanwhile_are_given_back(
    alice: User, linked: Linked, github: FakeGitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    linked(alice, ends_in=-5)
    refresh = token_requests.refresh

    def then_unlink(provider: str, tokens: Tokens) -> Grant:
        grant = refresh(provider, tokens)
        UpstreamAccount.objects.all().delete()
        return grant

    monkeypatch.setattr(token_requests, "refresh", then_unlink)
    with pytest.raises(LinkNeededError):
        fresh_token(alice.pk, "github")
    assert github.revoked == [github.given[2]]


def test_what_is_logged_names_no_token(
    alice: User, linked: Linked, github: FakeGitHub, caplog: pytest.LogCaptureFixture
) -> None:
    linked(alice, ends_in=-5)
    with caplog.at_level(logging.DEBUG):
        fresh_token(alice.pk, "github")
        github.forget_everything()
        with pytest.raises(LinkNeededError):
            fresh_token(alice.pk, "github", github.given[-2])
    assert caplog.text
    assert not [token for token in github.given if token in caplog.text]
