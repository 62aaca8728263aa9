"""Making an account with a password."""

import time
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.core.cache import cache
from django.test import Client as Browser

from accounts.models import Invitation, User
from tests.accounts.conftest import PASSWORD
from tests.accounts.passwords import code_in_mail, sign_in
from tests.accounts.way import ASKED, is_signed_in, text


def sign_up(browser: Browser, email: str = "bob@example.org", target: str = "", password: str = PASSWORD) -> Any:
    form = {"username": "bob", "email": email, "password1": password, "password2": password, "next": target}
    return browser.post("/accounts/signup/", form)


def type_code(browser: Browser, typed: str = "") -> Any:
    """The answer to a code, which is the one from the last letter unless another is given."""
    return browser.post("/account/sign-up/", {"code": typed or code_in_mail()})


def write_again(browser: Browser) -> Any:
    """The answer to the wish for another letter, some time after the last one."""
    cache.clear()
    return browser.post("/account/sign-up/", {"action": "resend"})


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

    def test_asks_for_no_address_which_nobody_could_prove(self, alice: User, settings: Any) -> None:
        settings.SIGN_UP = "open"
        browser = Browser()
        assert "E-mail" not in text(browser.get("/accounts/signup/"))
        assert sign_up(browser, "alice@example.org").status_code == 302
        assert User.objects.get(username="bob").email == ""
        assert not EmailAddress.objects.exists()


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

    def test_keeps_the_window_that_opened_it(self) -> None:
        """A client may have opened it for its authorization request."""
        browser = Browser()
        sign_up(browser)
        assert browser.get("/account/sign-up/")["Cross-Origin-Opener-Policy"] == "unsafe-none"

    def test_names_the_site_in_the_subject(self) -> None:
        sign_up(Browser())
        assert mail.outbox[-1].subject == "Your code for Django MCP server"

    def test_makes_nothing_before_the_code_was_typed(self) -> None:
        sign_up(Browser())
        assert not User.objects.exists()
        assert not EmailAddress.objects.exists()

    def test_goes_on_with_the_code_where_one_wanted_to_go(self) -> None:
        browser = Browser()
        sign_up(browser, target=ASKED)
        response = type_code(browser)
        assert response["Location"] == ASKED
        assert is_signed_in(browser)

    def test_makes_an_account_with_what_was_typed(self) -> None:
        browser = Browser()
        sign_up(browser, "Bob@Example.org")
        type_code(browser)
        row = EmailAddress.objects.get()
        assert (row.email, row.verified, row.primary) == ("bob@example.org", True, True)
        assert sign_in("bob").status_code == 302

    def test_asks_for_the_password_no_second_time_before_a_second_factor(self) -> None:
        browser = Browser()
        sign_up(browser)
        type_code(browser)
        assert browser.get("/accounts/2fa/totp/activate/").status_code == 200

    def test_never_leads_off_the_site(self) -> None:
        browser = Browser()
        sign_up(browser, target="https://evil.example/")
        assert type_code(browser)["Location"] == "/"

    def test_uses_the_invitation_up_then_and_not_before(self) -> None:
        browser = Browser()
        sign_up(browser)
        assert Invitation.objects.get().accepted_at is None
        type_code(browser)
        assert Invitation.objects.get().accepted_by == User.objects.get()

    def test_does_not_go_on_with_a_wrong_code(self) -> None:
        browser = Browser()
        sign_up(browser)
        type_code(browser, "AAAA-AAAA")
        assert not is_signed_in(browser)
        assert not User.objects.exists()

    def test_ends_after_three_wrong_codes(self) -> None:
        browser = Browser()
        sign_up(browser)
        right = code_in_mail()
        answers = [type_code(browser, "AAAA-AAAA") for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 302]
        assert type_code(browser, right)["Location"] == "/accounts/signup/"
        assert not User.objects.exists()

    def test_ends_after_a_quarter_of_an_hour(self) -> None:
        browser = Browser()
        sign_up(browser)
        session = browser.session
        session["sign_up"]["until"] = time.time() - 1
        session.save()
        assert type_code(browser)["Location"] == "/accounts/signup/"
        assert not User.objects.exists()

    def test_can_be_gone_on_with_in_that_browser_alone(self) -> None:
        sign_up(Browser())
        assert type_code(Browser())["Location"] == "/accounts/signup/"

    def test_sends_another_letter_whose_code_alone_counts(self) -> None:
        browser = Browser()
        sign_up(browser)
        first = code_in_mail()
        write_again(browser)
        assert len(mail.outbox) == 2
        assert type_code(browser, first).status_code == 200
        assert type_code(browser)["Location"] == "/"

    def test_sends_three_letters_and_no_more(self) -> None:
        browser = Browser()
        sign_up(browser)
        for _ in range(4):
            write_again(browser)
        assert len(mail.outbox) == 3

    def test_writes_to_one_address_no_two_letters_at_once(self) -> None:
        assert sign_up(Browser()).status_code == 302
        assert sign_up(Browser()).status_code == 429
        assert len(mail.outbox) == 1

    def test_keeps_the_password_hashed_in_the_session(self) -> None:
        browser = Browser()
        sign_up(browser)
        assert PASSWORD not in str(dict(browser.session))

    def test_is_refused_once_the_invitation_is_withdrawn(self) -> None:
        browser = Browser()
        sign_up(browser)
        Invitation.objects.all().delete()
        response = type_code(browser)
        assert response.status_code == 403
        assert "was not invited" in text(response)
        assert not User.objects.exists()

    def test_gives_way_to_somebody_who_showed_the_address_meanwhile(self) -> None:
        browser = Browser()
        sign_up(browser)
        User.objects.create_user("robert", "bob@example.org")
        assert type_code(browser)["Location"].startswith("/accounts/login/")
        assert User.objects.count() == 1

    def test_takes_another_name_where_that_one_was_taken_meanwhile(self) -> None:
        browser = Browser()
        sign_up(browser)
        User.objects.create_user("Bob")
        type_code(browser)
        made = User.objects.get(email="bob@example.org")
        assert made.username not in ("bob", "Bob")

    def test_takes_the_address_from_who_claimed_it_unproved(self, alice: User) -> None:
        EmailAddress.objects.create(user=alice, email="bob@example.org", verified=False)
        browser = Browser()
        sign_up(browser)
        type_code(browser)
        assert EmailAddress.objects.get(email="bob@example.org").user == User.objects.get(username="bob")


class TestSignUpTellsNothing:
    """Of an address that may sign up, one that may not, and one that has an account, the pages tell nobody which."""

    CHOSEN = "not the password of alice"
    ADDRESSES = ("bob@example.org", "eve@example.com", "alice@example.org")

    @pytest.fixture(autouse=True)
    def _policy(self, alice: User, settings: Any, with_mail: None) -> None:
        settings.SIGN_UP = "invited"
        for address in ("bob@example.org", "alice@example.org"):
            Invitation.objects.create(email=address)

    def walk(self, address: str) -> list[tuple[int, str, str]]:
        """What somebody sees who signs up with the address and can read none of its mail."""
        browser = Browser()
        pages = [
            sign_up(browser, address, password=self.CHOSEN),
            browser.get("/account/sign-up/"),
            type_code(browser, "AAAA-AAAA"),
            write_again(browser),
            browser.get("/account/sign-up/"),
            browser.post("/accounts/confirm-email/", {"action": "change", "email": "other@example.org"}),
            sign_in("bob", self.CHOSEN, browser),
            sign_in(address, self.CHOSEN, browser),
            sign_up(browser, "other@example.org"),
            browser.get("/accounts/signup/"),
        ]
        cache.clear()
        return [(page.status_code, page.get("Location", ""), text(page).replace(address, "…")) for page in pages]

    @pytest.mark.parametrize("policy", ["invited", "domains", "open"])
    def test_by_any_page(self, settings: Any, policy: str) -> None:
        settings.SIGN_UP, settings.SIGN_UP_DOMAINS = policy, ["example.net"]
        [first, *others] = [self.walk(address) for address in self.ADDRESSES]
        assert first[0][:2] == (302, "/account/sign-up/")
        assert others == [first, first]
        assert User.objects.count() == 1

    @pytest.mark.parametrize("policy", ["invited", "domains"])
    def test_by_what_they_cost(self, settings: Any, policy: str, hashed: list[str]) -> None:
        """Each hashes the password once, which takes longer than all the rest, and mails one letter."""
        settings.SIGN_UP, settings.SIGN_UP_DOMAINS = policy, ["example.net"]
        hashed.clear()
        for number, address in enumerate(self.ADDRESSES, 1):
            sign_up(Browser(), address)
            assert (len(hashed), len(mail.outbox)) == (number, number)

    @pytest.mark.parametrize(
        ("address", "policy", "said"),
        [
            ("bob@example.org", "invited", "your code is"),
            ("eve@example.com", "invited", "was not invited"),
            ("eve@example.com", "domains", "is none of them"),
            ("alice@example.org", "invited", "there is one already"),
        ],
    )
    def test_but_the_letter_does(self, settings: Any, address: str, policy: str, said: str) -> None:
        settings.SIGN_UP, settings.SIGN_UP_DOMAINS = policy, ["example.net"]
        sign_up(Browser(), address)
        assert mail.outbox[-1].to == [address]
        assert said in mail.outbox[-1].body

    @pytest.mark.parametrize("address", ["eve@example.com", "alice@example.org"])
    def test_nor_can_the_code_that_was_not_mailed_be_of_use(self, address: str) -> None:
        browser = Browser()
        sign_up(browser, address)
        assert browser.session["sign_up"]["code"] not in mail.outbox[-1].body
        type_code(browser, browser.session["sign_up"]["code"])
        assert not is_signed_in(browser)
        assert User.objects.count() == 1
