"""Signing in with a password, and making an account with one."""

import re
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client as Browser

from accounts.models import Invitation, User
from tests.accounts.conftest import PASSWORD
from tests.accounts.way import ASKED, is_signed_in, text


def sign_in(name: str, password: str = PASSWORD, browser: Browser | None = None, target: str = "") -> Any:
    return (browser or Browser()).post("/accounts/login/", {"login": name, "password": password, "next": target})


class TestByPassword:
    @pytest.mark.parametrize("name", ["alice", "alice@example.org", "ALICE@example.org"])
    def test_with_user_name_or_address(self, alice: User, name: str) -> None:
        response = sign_in(name)
        assert (response.status_code, response["Location"]) == (302, "/")

    def test_not_with_a_wrong_password(self, alice: User) -> None:
        assert sign_in("alice", "wrong").status_code == 200

    def test_not_when_deactivated(self, alice: User) -> None:
        User.objects.update(is_active=False)
        response = sign_in("alice")
        assert response.status_code == 200 or response["Location"] == "/accounts/inactive/"

    def test_leads_on_to_where_one_wanted_to_go(self, alice: User) -> None:
        assert sign_in("alice", target=ASKED)["Location"] == ASKED

    @pytest.mark.parametrize(
        "target",
        [
            "https://evil.example/",
            "//evil.example/",
            "/\\evil.example/",
            "javascript:alert(1)",
            "https:evil.example",
            "\t//evil",
        ],
    )
    def test_never_leads_off_the_site(self, alice: User, target: str) -> None:
        assert sign_in("alice", target=target)["Location"] == "/"

    def test_gives_the_session_another_key(self, alice: User) -> None:
        """Else whoever planted a session in the browser would be signed in too (session fixation)."""
        browser = Browser()
        browser.get(f"/accounts/login/?next={ASKED}")
        before = browser.session.session_key
        sign_in("alice", browser=browser)
        assert before is not None
        assert browser.session.session_key != before

    def test_guessing_is_slowed_down(self, alice: User) -> None:
        for _ in range(6):
            sign_in("alice", "wrong")
        assert sign_in("alice").status_code != 302

    def test_many_tries_from_one_address_are_told_to_wait(self, db: None) -> None:
        for number in range(31):
            response = sign_in(f"somebody{number}", "wrong")
        assert response.status_code == 429
        assert "Too many tries" in text(response)

    def test_an_account_without_an_address_needs_none(self, db: None, with_mail: None) -> None:
        User.objects.create_superuser("admin", password=PASSWORD)
        assert sign_in("admin")["Location"] == "/"

    def test_the_address_that_an_operator_wrote_needs_no_proof(self, alice: User, with_mail: None) -> None:
        assert sign_in("alice")["Location"] == "/"
        assert EmailAddress.objects.get().verified
        assert mail.outbox == []

    def test_signing_out_ends_the_session(self, alice: User) -> None:
        browser = Browser()
        sign_in("alice", browser=browser)
        browser.post("/accounts/logout/")
        assert not is_signed_in(browser)

    def test_signing_out_takes_a_form(self, alice: User) -> None:
        browser = Browser()
        sign_in("alice", browser=browser)
        browser.get("/accounts/logout/")
        assert is_signed_in(browser)


def sign_up(browser: Browser, email: str = "bob@example.org", target: str = "") -> Any:
    form = {"username": "bob", "email": email, "password1": PASSWORD, "password2": PASSWORD, "next": target}
    return browser.post("/accounts/signup/", form)


def code_in_mail() -> str:
    found = re.search(r"^([A-Z0-9-]{6,})$", mail.outbox[-1].body, re.MULTILINE)
    assert found is not None, mail.outbox[-1].body
    return found[1]


class TestSignUpWithoutMail:
    @pytest.mark.parametrize("policy", ["closed", "", "Open", "true", "invited", "domains"])
    def test_is_closed_unless_it_is_open_to_anybody(self, db: None, settings: Any, policy: str) -> None:
        settings.SIGN_UP, settings.SIGN_UP_DOMAINS = policy, ["example.org"]
        Invitation.objects.create(email="bob@example.org")
        browser = Browser()
        sign_up(browser)
        assert "closed" in text(browser.get("/accounts/signup/"))
        assert not User.objects.exists()

    def test_can_be_opened(self, db: None, settings: Any) -> None:
        settings.SIGN_UP = "open"
        sign_up(Browser())
        assert User.objects.get().username == "bob"

    def test_proves_no_address(self, db: None, settings: Any) -> None:
        settings.SIGN_UP = "open"
        sign_up(Browser())
        assert not EmailAddress.objects.get().verified


class TestSignUpWithMail:
    @pytest.fixture(autouse=True)
    def _policy(self, db: None, settings: Any, with_mail: None) -> None:
        settings.SIGN_UP = "invited"
        Invitation.objects.create(email="bob@example.org")

    def test_waits_for_the_code_that_was_mailed(self) -> None:
        browser = Browser()
        sign_up(browser)
        assert not is_signed_in(browser)
        assert mail.outbox[-1].to == ["bob@example.org"]

    def test_goes_on_with_the_code_where_one_wanted_to_go(self) -> None:
        browser = Browser()
        sign_up(browser, target=ASKED)
        response = browser.post("/accounts/confirm-email/", {"code": code_in_mail()})
        assert response["Location"] == ASKED
        assert is_signed_in(browser)

    def test_uses_the_invitation_up_then_and_not_before(self) -> None:
        browser = Browser()
        sign_up(browser)
        assert Invitation.objects.get().accepted_at is None
        browser.post("/accounts/confirm-email/", {"code": code_in_mail()})
        assert Invitation.objects.get().accepted_by == User.objects.get()

    def test_does_not_go_on_with_a_wrong_code(self) -> None:
        browser = Browser()
        sign_up(browser)
        browser.post("/accounts/confirm-email/", {"code": "AAAA-AAAA"})
        assert not is_signed_in(browser)

    def test_cannot_be_gone_on_with_by_signing_in(self) -> None:
        sign_up(Browser())
        browser = Browser()
        sign_in("bob", browser=browser)
        assert not is_signed_in(browser)

    def test_is_refused_once_the_invitation_is_withdrawn(self) -> None:
        sign_up(Browser())
        Invitation.objects.all().delete()
        response = sign_in("bob")
        assert response.status_code == 403
        assert "was not invited" in text(response)

    def test_is_refused_to_who_was_not_invited(self) -> None:
        assert "was not invited" in text(sign_up(Browser(), "eve@example.org"))
        assert not User.objects.exists()

    def test_is_refused_to_other_domains(self, settings: Any) -> None:
        settings.SIGN_UP, settings.SIGN_UP_DOMAINS = "domains", ["example.com"]
        assert "none of them" in text(sign_up(Browser(), "eve@example.org"))
        assert not User.objects.exists()

    def test_tells_nobody_that_an_address_is_taken(self, alice: User) -> None:
        Invitation.objects.create(email="alice@example.org")
        browser = Browser()
        response = sign_up(browser, "alice@example.org")
        assert response["Location"] == "/accounts/confirm-email/"
        assert User.objects.count() == 1
        assert "there is one already" in mail.outbox[-1].body


class TestForgottenPassword:
    def reset(self, browser: Browser) -> Any:
        browser.get(f"/accounts/login/?{'next=' + ASKED.replace('%', '%25').replace('&', '%26').replace('+', '%2B')}")
        browser.post("/accounts/password/reset/", {"email": "alice@example.org"})
        browser.post("/accounts/password/reset/confirm/", {"code": code_in_mail()})
        new = {"password1": "another good horse", "password2": "another good horse"}
        return browser.post("/accounts/password/reset/complete/", new, follow=True)

    def test_is_replaced_by_a_code_from_the_mail(self, alice: User, with_mail: None) -> None:
        self.reset(Browser())
        assert sign_in("alice", "another good horse").status_code == 302

    def test_does_not_sign_in_by_itself(self, alice: User, with_mail: None) -> None:
        """The mailbox alone would else be enough, where a second factor is wanted."""
        browser = Browser()
        self.reset(browser)
        assert not is_signed_in(browser)

    def test_leads_back_to_where_one_wanted_to_go(self, alice: User, with_mail: None) -> None:
        page = self.reset(Browser())
        [link] = [url for url in re.findall(r'href="([^"]+)"', page.content.decode()) if "next=" in url]
        browser = Browser()
        form = browser.get(link.replace("&amp;", "&")).content.decode()
        [target] = re.findall(r'name="next" value="([^"]+)"', form)[:1]
        assert target.replace("&amp;", "&") == ASKED

    def test_cannot_be_asked_for_where_no_mail_is_sent(self, alice: User) -> None:
        response = Browser().post("/accounts/password/reset/", {"email": "alice@example.org"})
        assert response["Location"] == "/accounts/password/reset/"

    def test_mails_nobody_who_has_no_account(self, db: None, with_mail: None) -> None:
        Browser().post("/accounts/password/reset/", {"email": "stranger@example.org"})
        assert mail.outbox == []
