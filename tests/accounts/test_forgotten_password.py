"""Another password for who forgot theirs, by a code that is mailed to them."""

import re
import threading
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.test import Client as Browser

from accounts.models import User
from tests.accounts.passwords import code_in_mail, sign_in
from tests.accounts.way import ASKED, is_signed_in


class SlowBackend(EmailBackend):
    """A mail server that takes nothing before it is let."""

    may_go_on = threading.Event()

    def send_messages(self, messages: Any) -> int:
        assert self.may_go_on.wait(30)
        return super().send_messages(messages)


@pytest.fixture
def committed(django_capture_on_commit_callbacks: Any) -> Any:
    """What is done after a commit is done at the end of the block."""
    return lambda: django_capture_on_commit_callbacks(execute=True)


class TestForgottenPassword:
    @pytest.fixture(autouse=True)
    def _committed(self, committed: Any) -> None:
        self.committed = committed

    def reset(self, browser: Browser) -> Any:
        browser.get(f"/accounts/login/?{'next=' + ASKED.replace('%', '%25').replace('&', '%26').replace('+', '%2B')}")
        with self.committed():
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
        with self.committed():
            Browser().post("/accounts/password/reset/", {"email": "stranger@example.org"})
        assert mail.outbox == []

    def test_waits_for_no_mail_server_which_would_tell_that_there_is_an_account(
        self, alice: User, with_mail: None, settings: Any
    ) -> None:
        settings.EMAIL_BACKEND = f"{__name__}.SlowBackend"
        with self.committed():
            response = Browser().post("/accounts/password/reset/", {"email": "alice@example.org"})
        assert response["Location"] == "/accounts/password/reset/confirm/"
        assert mail.outbox == []
        SlowBackend.may_go_on.set()
        assert code_in_mail()
