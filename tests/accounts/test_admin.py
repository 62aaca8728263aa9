"""The admin: entered as every page is, and what operators do there with people."""

from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.core import mail
from django.test import Client as Browser
from django.utils import timezone

from accounts.models import Invitation, User
from tests.accounts.conftest import PASSWORD
from tests.accounts.way import sign_in, text
from tests.identity_provider import IdentityProvider


@pytest.fixture
def operator(db: None) -> Browser:
    User.objects.create_superuser("operator", password=PASSWORD)
    browser = Browser()
    browser.post("/accounts/login/", {"login": "operator", "password": PASSWORD})
    return browser


class TestEntrance:
    @pytest.mark.parametrize(
        "path", ["/admin/", "/admin/login/", "/admin/login/?next=/admin/", "/admin/accounts/user/"]
    )
    def test_is_the_sites_own(self, db: None, path: str) -> None:
        chain = Browser().get(path, follow=True).redirect_chain
        assert chain[-1][0].startswith("/accounts/login/?next=")

    def test_takes_no_password_itself(self, db: None) -> None:
        User.objects.create_superuser("operator", password=PASSWORD)
        browser = Browser()
        browser.post("/admin/login/", {"username": "operator", "password": PASSWORD})
        assert "_auth_user_id" not in browser.session

    def test_is_shut_for_people_who_are_no_staff(self, alice: User) -> None:
        browser = Browser()
        browser.force_login(alice)
        assert browser.get("/admin/login/").status_code == 403

    def test_changes_passwords_where_everybody_does(self, operator: Browser) -> None:
        assert operator.get("/admin/password_change/")["Location"] == "/accounts/password/change/"


class TestUsers:
    def test_who_are_given_an_address_are_known_by_it(self, operator: Browser, trusted: IdentityProvider) -> None:
        form = {"username": "ada", "email": "ada@example.org", "usable_password": "false"}
        operator.post("/admin/accounts/user/add/", form)
        assert EmailAddress.objects.get(email="ada@example.org").verified
        browser = Browser()
        sign_in(browser)
        assert browser.session["_auth_user_id"] == str(User.objects.get(username="ada").pk)

    def test_whose_address_is_changed_are_known_by_the_former_no_more(
        self, operator: Browser, trusted: IdentityProvider
    ) -> None:
        ada = User.objects.create_user("ada", "ada@example.org")
        page = operator.get(f"/admin/accounts/user/{ada.pk}/change/")
        form = {name: value for name, value in page.context["adminform"].form.initial.items() if value is not None}
        joined = form.pop("date_joined")
        form |= {"email": "lovelace@example.org", "date_joined_0": joined.date(), "date_joined_1": joined.time()}
        form = {name: value for name, value in form.items() if value not in (False, [])}
        assert operator.post(f"/admin/accounts/user/{ada.pk}/change/", form).status_code == 302
        browser = Browser()
        sign_in(browser)
        assert "_auth_user_id" not in browser.session
        assert EmailAddress.objects.get(user=ada).email == "lovelace@example.org"


class TestInvitations:
    def invite(self, operator: Browser) -> Any:
        later = timezone.now() + timedelta(days=3)
        form = {"email": "Bob@Example.org", "expires_at_0": later.date(), "expires_at_1": "12:00:00"}
        return operator.post("/admin/accounts/invitation/add/", form, follow=True)

    def test_are_made_and_told(self, operator: Browser, with_mail: None, settings: Any) -> None:
        settings.SIGN_UP = "invited"
        assert "mailed to bob@example.org" in text(self.invite(operator))
        assert Invitation.objects.get().invited_by == User.objects.get()
        assert mail.outbox[-1].to == ["bob@example.org"]

    def test_say_when_nobody_was_told(self, operator: Browser) -> None:
        assert "tell bob@example.org that they can sign in" in text(self.invite(operator))

    @pytest.mark.parametrize(
        ("state", "fields"),
        [
            ("open", {}),
            ("accepted", {"accepted_at": timezone.now()}),
            ("expired", {"expires_at": timezone.now() - timedelta(seconds=1)}),
        ],
    )
    def test_show_what_became_of_them(self, operator: Browser, state: str, fields: dict[str, Any]) -> None:
        Invitation.objects.create(email="bob@example.org", **fields)
        assert f"bob@example.org {state}" in text(operator.get("/admin/accounts/invitation/"))

    def test_say_when_they_are_good_for_nothing(self, operator: Browser, settings: Any) -> None:
        settings.SIGN_UP = "closed"
        assert "nobody can sign up, invited or not" in text(self.invite(operator))

    def test_say_when_the_mail_server_fails(
        self, operator: Browser, with_mail: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(*_: object, **__: object) -> None:
            raise ConnectionRefusedError

        monkeypatch.setattr("accounts.invitations.send_mail", refuse)
        assert "could not be sent" in text(self.invite(operator))

    def test_can_be_renewed_after_they_were_used(self, operator: Browser) -> None:
        used = Invitation.objects.create(
            email="bob@example.org", accepted_at=timezone.now(), expires_at=timezone.now(), accepted_by=None
        )
        operator.post("/admin/accounts/invitation/", {"action": "renew", "_selected_action": [used.pk]})
        assert Invitation.objects.open().get() == used
        assert LogEntry.objects.get(object_id=str(used.pk)).get_change_message() == "Invited again."


@pytest.mark.parametrize("model", [SocialApp, SocialToken])
def test_what_is_set_by_variables_or_stored_nowhere_is_not_in_admin(model: type) -> None:
    assert not admin.site.is_registered(model)


@pytest.mark.parametrize("model", [SocialAccount, Authenticator])
def test_ways_into_an_account_can_be_taken_away_and_not_made(operator: Browser, model: Any) -> None:
    base = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
    assert operator.get(base).status_code == 200
    assert operator.get(f"{base}add/").status_code == 403


def test_the_secret_of_a_second_factor_is_not_shown(operator: Browser) -> None:
    row = Authenticator.objects.create(user=User.objects.get(), type="totp", data={"secret": "SEALED-TEXT"})
    page = operator.get(f"/admin/mfa/authenticator/{row.pk}/change/")
    assert page.status_code == 200
    assert b"SEALED-TEXT" not in page.content
