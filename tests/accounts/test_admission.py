"""Who may make an account, by each policy."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.admission import Refusal, is_let_in, refusal
from accounts.invitations import accept, tell
from accounts.models import Invitation, User


@pytest.fixture
def invitation(db: None) -> Invitation:
    return Invitation.objects.create(email="bob@example.org")


class TestClosed:
    def test_nobody(self, db: None, settings: Any) -> None:
        settings.SIGN_UP = "closed"
        assert refusal(["alice@example.com"]) is Refusal.CLOSED

    def test_not_even_who_is_invited(self, invitation: Invitation, settings: Any) -> None:
        settings.SIGN_UP = "closed"
        assert refusal(["bob@example.org"]) is Refusal.CLOSED

    @pytest.mark.parametrize("word", ["", "Open", "true", "anybody"])
    def test_a_word_that_is_no_policy_closes(self, db: None, settings: Any, word: str) -> None:
        settings.SIGN_UP = word
        assert refusal(["alice@example.com"]) is Refusal.CLOSED


class TestOpen:
    @pytest.mark.parametrize("verified", [[], ["alice@example.com"]])
    def test_anybody(self, db: None, settings: Any, verified: list[str]) -> None:
        settings.SIGN_UP = "open"
        assert refusal(verified) is None


class TestInvited:
    @pytest.fixture(autouse=True)
    def _policy(self, settings: Any) -> None:
        settings.SIGN_UP = "invited"

    @pytest.mark.parametrize("address", ["bob@example.org", "BOB@Example.org"])
    def test_who_was(self, invitation: Invitation, address: str) -> None:
        assert refusal([address]) is None

    def test_who_was_not(self, invitation: Invitation) -> None:
        assert refusal(["carol@example.org"]) is Refusal.NOT_INVITED

    def test_not_by_an_address_that_nobody_vouches_for(self, invitation: Invitation) -> None:
        assert refusal([], ["bob@example.org"]) is Refusal.UNVERIFIED

    def test_not_without_an_address(self, invitation: Invitation) -> None:
        assert refusal([]) is Refusal.NO_ADDRESS

    def test_not_when_it_has_expired(self, invitation: Invitation) -> None:
        Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        assert refusal(["bob@example.org"]) is Refusal.NOT_INVITED

    def test_not_twice(self, invitation: Invitation) -> None:
        accept(User.objects.create_user("bob"), ["bob@example.org"])
        assert refusal(["bob@example.org"]) is Refusal.NOT_INVITED

    def test_it_is_kept_who_used_it(self, invitation: Invitation) -> None:
        bob = User.objects.create_user("bob")
        accept(bob, ["BOB@example.org"])
        invitation.refresh_from_db()
        assert invitation.accepted_by == bob
        assert invitation.accepted_at is not None


class TestDomains:
    @pytest.fixture(autouse=True)
    def _policy(self, settings: Any) -> None:
        settings.SIGN_UP, settings.SIGN_UP_DOMAINS = "domains", ["example.com", ".example.net"]

    @pytest.mark.parametrize(
        "address", ["a@example.com", "a@EXAMPLE.com", "a@example.net", "a@mail.example.net", '"a@b.org"@example.com']
    )
    def test_those(self, db: None, address: str) -> None:
        assert refusal([address]) is None

    @pytest.mark.parametrize(
        "address",
        [
            "a@example.org",
            "a@evil-example.com",
            "a@mail.example.com",
            "a@example.com.evil.org",
            "a@evilexample.net",
            '"a@example.com"@evil.org',
            "a@example.com@evil.org",
        ],
    )
    def test_no_others(self, db: None, address: str) -> None:
        assert refusal([address]) is Refusal.OTHER_DOMAIN

    def test_and_who_was_invited(self, invitation: Invitation) -> None:
        assert refusal(["bob@example.org"]) is None

    def test_not_by_an_address_that_nobody_vouches_for(self, db: None) -> None:
        assert refusal([], ["a@example.com"]) is Refusal.UNVERIFIED

    def test_nobody_where_there_are_none(self, db: None, settings: Any) -> None:
        settings.SIGN_UP_DOMAINS = []
        assert not is_let_in("a@example.com")


class TestInvitations:
    def test_are_told_by_mail_without_a_secret(self, invitation: Invitation, settings: Any, with_mail: None) -> None:
        settings.PUBLIC_URL = "https://mcp.example.com"
        assert tell(invitation)
        [message] = mail.outbox
        assert message.to == ["bob@example.org"]
        assert "https://mcp.example.com/accounts/login/" in message.body

    def test_are_not_where_no_mail_is_sent(self, invitation: Invitation, settings: Any) -> None:
        settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
        assert not tell(invitation)

    def test_are_kept_in_lower_case(self, db: None) -> None:
        written = Invitation(email="Carol@Example.org")
        written.full_clean()
        assert written.email == "carol@example.org"

    def test_are_one_for_an_address(self, invitation: Invitation) -> None:
        with pytest.raises(ValidationError, match="renew"):
            Invitation(email="Bob@example.org").full_clean()
