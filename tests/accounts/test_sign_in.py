"""Signing in with a password."""

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.core.cache import cache
from django.test import Client as Browser

from accounts.models import User
from tests.accounts.conftest import PASSWORD
from tests.accounts.passwords import sign_in
from tests.accounts.way import ASKED, is_signed_in, text


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

    def test_guessing_is_slowed_down_whatever_port_the_host_header_names(self, alice: User) -> None:
        for port in range(6):
            sign_in("alice", "wrong", Browser(headers={"host": f"localhost:{8000 + port}"}))
        assert sign_in("alice").status_code != 302

    def test_takes_the_same_time_whoever_it_is_tried_for(self, alice: User, hashed: list[str]) -> None:
        """Hashing takes longer than all the rest, so that each hash more would tell who has an account."""
        User.objects.create_user("eve", "eve@example.org", PASSWORD, is_active=False)
        User.objects.create_user("carol", "carol@example.org")
        claimed = EmailAddress.objects.create(user=alice, email="claimed@example.org", verified=False)
        hashed.clear()
        for name in ("alice", "eve", "carol", "nobody"):
            for typed in (name, f"{name}@example.org", claimed.email):
                sign_in(typed, "wrong")
                cache.clear()
                assert len(hashed) == 1, typed
                hashed.clear()

    def test_an_address_that_nobody_proved_opens_nothing(self, alice: User) -> None:
        EmailAddress.objects.create(user=alice, email="other@example.org", verified=False)
        assert sign_in("other@example.org").status_code == 200

    def test_a_name_that_is_anothers_address_shuts_nobody_out(self, alice: User) -> None:
        User.objects.create_user("alice@example.org", password="another password")
        browser = Browser()
        sign_in("alice@example.org", browser=browser)
        assert browser.session["_auth_user_id"] == str(alice.pk)

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
