"""What an operator does with linked accounts: new keys, admin, checks."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client as Browser
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from accounts.models import UpstreamAccount, User
from accounts.upstream.checks import apis_are_safe
from accounts.upstream.vault import unseal
from tests.accounts.upstream.conftest import Linked
from tests.fake_github import FakeGitHub

OLD, NEW = "old-" + "k" * 40, "new-" + "k" * 40


@pytest.mark.django_db
class TestRotation:
    def test_everything_is_encrypted_with_the_first_key(
        self, alice: User, bob: User, linked: Linked, settings: Settings
    ) -> None:
        settings.UPSTREAM_KEYS = [OLD]
        linked(alice)
        linked(bob, uid="7")
        settings.UPSTREAM_KEYS = [NEW, OLD]
        out = StringIO()
        call_command("rotate_upstream_keys", stdout=out)

        assert out.getvalue() == "encrypted anew: 2\n"
        settings.UPSTREAM_KEYS = [NEW]
        for account in UpstreamAccount.objects.all():
            assert unseal(account.sealed, account.user_id, "github").access

    def test_a_key_that_was_dropped_too_early_is_missed(
        self, alice: User, bob: User, linked: Linked, settings: Settings
    ) -> None:
        settings.UPSTREAM_KEYS = [OLD]
        linked(alice)
        settings.UPSTREAM_KEYS = [NEW]
        linked(bob, uid="7")
        out = StringIO()
        with pytest.raises(CommandError, match="No key opens 1 more"):
            call_command("rotate_upstream_keys", stdout=out)
        assert out.getvalue() == "encrypted anew: 1\n"


@pytest.mark.django_db
class TestAdmin:
    @pytest.fixture
    def browser(self) -> Browser:
        browser = Browser()
        browser.force_login(User.objects.create_superuser("root", password="x"))
        return browser

    def test_it_shows_accounts_without_their_tokens(self, browser: Browser, alice: User, linked: Linked) -> None:
        account = linked(alice)
        for path in ("", f"{account.pk}/change/"):
            page = browser.get(f"/admin/accounts/upstreamaccount/{path}").content.decode()
            assert "octocat" in page
            assert account.sealed not in page

    def test_it_makes_and_changes_none(self, browser: Browser, alice: User, linked: Linked) -> None:
        account = linked(alice)
        assert browser.get("/admin/accounts/upstreamaccount/add/").status_code == 403
        browser.post(f"/admin/accounts/upstreamaccount/{account.pk}/change/", {"name": "mallory"})
        account.refresh_from_db()
        assert account.name == "octocat"

    def test_removing_one_there_tells_the_provider(
        self,
        browser: Browser,
        alice: User,
        linked: Linked,
        github: FakeGitHub,
        django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    ) -> None:
        account = linked(alice)
        with django_capture_on_commit_callbacks(execute=True):
            browser.post(f"/admin/accounts/upstreamaccount/{account.pk}/delete/", {"post": "yes"})
        assert not UpstreamAccount.objects.exists()
        assert github.revoked == [github.given[0]]

    def test_several_too(
        self,
        browser: Browser,
        alice: User,
        linked: Linked,
        github: FakeGitHub,
        django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    ) -> None:
        form = {"action": "delete_selected", "_selected_action": linked(alice).pk, "post": "yes"}
        with django_capture_on_commit_callbacks(execute=True):
            browser.post("/admin/accounts/upstreamaccount/", form)
        assert github.revoked == [github.given[0]]


@pytest.mark.parametrize(
    ("url", "ids"),
    [
        ("https://api.example.org", []),
        ("http://127.0.0.1:9000", []),
        ("http://api.example.org", ["accounts.E003"]),
        ("api.example.org", ["accounts.E003"]),
    ],
)
def test_an_api_without_tls_is_complained_about(settings: Settings, url: str, ids: list[str]) -> None:
    settings.UPSTREAM_API_URLS = {"oidc": url}
    assert [found.id for found in apis_are_safe(None)] == ids
