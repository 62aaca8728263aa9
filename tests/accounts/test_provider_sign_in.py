"""Signing in through another provider: who is known by it, and who becomes a user."""

from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.contrib.sessions.models import Session
from django.test import Client as Browser

from accounts.models import Invitation, User
from tests.accounts.way import LOGIN, at_provider, is_signed_in, providers, sign_in, text
from tests.identity_provider import ACCESS_TOKEN, IdentityProvider


def link(user: User, uid: str = "42") -> None:
    SocialAccount.objects.create(user=user, provider="example", uid=uid)


class TestSomebodyUnknown:
    def test_is_told_that_sign_up_is_closed(self, db: None, provider: IdentityProvider) -> None:
        response = sign_in(Browser())
        assert response.status_code == 403
        assert "Sign-up is closed" in text(response)
        assert not User.objects.exists()

    def test_becomes_a_user_where_it_is_open(self, db: None, provider: IdentityProvider, settings: Any) -> None:
        settings.SIGN_UP = "open"
        browser = Browser()
        sign_in(browser)
        assert User.objects.get().email == "ada@example.org"
        assert is_signed_in(browser)

    def test_becomes_one_by_an_invitation(self, db: None, provider: IdentityProvider, settings: Any) -> None:
        settings.SIGN_UP = "invited"
        Invitation.objects.create(email="ada@example.org")
        sign_in(Browser())
        assert Invitation.objects.get().accepted_by == User.objects.get()

    def test_is_told_when_they_were_not_invited(self, db: None, provider: IdentityProvider, settings: Any) -> None:
        settings.SIGN_UP = "invited"
        response = sign_in(Browser())
        assert "ada@example.org was not invited" in text(response)
        assert not User.objects.exists()

    def test_becomes_one_by_their_domain(self, db: None, provider: IdentityProvider, settings: Any) -> None:
        settings.SIGN_UP, settings.SIGN_UP_DOMAINS = "domains", ["example.org"]
        sign_in(Browser())
        assert User.objects.get().email == "ada@example.org"

    @pytest.mark.parametrize("claim", [False, "false", None, "no", 1, "TRUE"])
    def test_does_not_by_an_address_that_the_provider_does_not_vouch_for(
        self, db: None, provider: IdentityProvider, settings: Any, claim: object
    ) -> None:
        settings.SIGN_UP, settings.SIGN_UP_DOMAINS = "domains", ["example.org"]
        provider.claims["email_verified"] = claim
        assert "does not vouch for ada@example.org" in text(sign_in(Browser()))
        assert not User.objects.exists()

    def test_does_by_the_word_true_of_cognito(self, db: None, provider: IdentityProvider, settings: Any) -> None:
        settings.SIGN_UP, settings.SIGN_UP_DOMAINS = "domains", ["example.org"]
        provider.claims["email_verified"] = "true"
        sign_in(Browser())
        assert User.objects.exists()

    def test_does_not_without_an_address(self, db: None, provider: IdentityProvider, settings: Any) -> None:
        settings.SIGN_UP, settings.SIGN_UP_DOMAINS = "domains", ["example.org"]
        del provider.claims["email"]
        assert "did not tell this site your e-mail address" in text(sign_in(Browser()))
        assert not User.objects.exists()

    def test_does_without_an_address_where_anybody_may(
        self, db: None, provider: IdentityProvider, settings: Any
    ) -> None:
        settings.SIGN_UP = "open"
        del provider.claims["email"]
        sign_in(Browser())
        assert User.objects.get().email == ""

    def test_gets_no_address_that_nobody_vouches_for(self, db: None, provider: IdentityProvider, settings: Any) -> None:
        settings.SIGN_UP = "open"
        provider.claims["email_verified"] = False
        sign_in(Browser())
        assert User.objects.get().email == ""
        assert not EmailAddress.objects.exists()

    @pytest.mark.parametrize("process", ["login", "signup", "x"])
    def test_is_refused_whatever_a_link_calls_it(
        self, db: None, provider: IdentityProvider, settings: Any, process: str
    ) -> None:
        settings.SIGN_UP = "open"
        provider.claims["email_verified"] = False
        browser = Browser()
        away = browser.post(f"{LOGIN}?process={process}")["Location"]
        browser.get(at_provider(away))
        assert not EmailAddress.objects.exists()

    def test_cannot_give_another_address_in_a_form(self, db: None, provider: IdentityProvider) -> None:
        browser = Browser()
        sign_in(browser)
        assert browser.get("/accounts/3rdparty/signup/").status_code == 404


class TestDomainsThatTheOperatorVouchesFor:
    """Entra says of no address whether it is verified."""

    @pytest.fixture(autouse=True)
    def _policy(self, provider: IdentityProvider, settings: Any) -> None:
        settings.SIGN_UP, settings.SIGN_UP_DOMAINS = "domains", ["example.org"]
        settings.SOCIALACCOUNT_PROVIDERS = providers(provider, verified_domains=("example.org",))

    def test_count_where_the_provider_says_nothing(self, db: None, provider: IdentityProvider) -> None:
        del provider.claims["email_verified"]
        sign_in(Browser())
        assert EmailAddress.objects.get().verified

    def test_do_not_where_it_says_no(self, db: None, provider: IdentityProvider) -> None:
        provider.claims["email_verified"] = False
        sign_in(Browser())
        assert not User.objects.exists()

    def test_are_no_others(self, db: None, provider: IdentityProvider) -> None:
        del provider.claims["email_verified"]
        provider.claims["email"] = "ada@example.org.evil.example"
        sign_in(Browser())
        assert not User.objects.exists()


class TestSomebodyWithTheAddressOfAUser:
    @pytest.fixture(autouse=True)
    def _ada(self, provider: IdentityProvider, alice: User) -> None:
        provider.claims["email"] = "alice@example.org"

    def test_is_not_that_user_by_the_word_of_any_provider(self, provider: IdentityProvider) -> None:
        browser = Browser()
        response = sign_in(browser)
        assert "You have an account already" in text(response)
        assert not is_signed_in(browser)

    @pytest.mark.parametrize("policy", ["open", "invited"])
    def test_makes_no_second_account(self, provider: IdentityProvider, settings: Any, policy: str) -> None:
        settings.SIGN_UP = policy
        sign_in(Browser())
        assert User.objects.count() == 1

    def test_is_that_user_by_the_word_of_a_trusted_one(self, trusted: IdentityProvider, alice: User) -> None:
        browser = Browser()
        sign_in(browser)
        assert browser.session["_auth_user_id"] == str(alice.pk)

    def test_keeps_the_password_then(self, trusted: IdentityProvider, alice: User) -> None:
        sign_in(Browser())
        alice.refresh_from_db()
        assert alice.has_usable_password()

    @pytest.mark.parametrize("claim", [False, "false", None])
    def test_is_not_without_its_word(self, trusted: IdentityProvider, claim: object) -> None:
        trusted.claims["email_verified"] = claim
        browser = Browser()
        sign_in(browser)
        assert not is_signed_in(browser)

    def test_is_not_by_an_address_that_small_letters_make_the_same(self, trusted: IdentityProvider) -> None:
        """The sign for kelvin in lower case is a k: somebody else's mailbox, where a provider lets people choose."""
        User.objects.create_user("kim", "kim@example.org")
        trusted.claims["email"] = "\N{KELVIN SIGN}im@example.org"
        browser = Browser()
        sign_in(browser)
        assert not is_signed_in(browser)

    def test_is_not_where_two_users_have_it(self, trusted: IdentityProvider) -> None:
        User.objects.create_user("alice2", "alice@example.org")
        browser = Browser()
        sign_in(browser)
        assert not is_signed_in(browser)

    def test_is_not_told_of_the_account_without_the_providers_word(self, provider: IdentityProvider) -> None:
        provider.claims["email_verified"] = False
        assert "Sign-up is closed" in text(sign_in(Browser()))


class TestSomebodyWhoseAddressAnotherClaimed:
    """An attacker signs up with a stranger's address, and waits for them to walk into the account."""

    @pytest.fixture(autouse=True)
    def _attacker(self, db: None, settings: Any) -> None:
        settings.SIGN_UP = "open"
        attacker = User.objects.create_user("attacker", "ada@example.org", "the attacker's")
        EmailAddress.objects.create(user=attacker, email="ada@example.org", verified=False, primary=True)

    def test_does_not_walk_into_it(self, trusted: IdentityProvider) -> None:
        browser = Browser()
        sign_in(browser)
        user = User.objects.get(pk=browser.session["_auth_user_id"])
        assert user.username != "attacker"

    def test_takes_the_address_along(self, trusted: IdentityProvider) -> None:
        sign_in(Browser())
        assert User.objects.get(username="attacker").email == ""
        assert EmailAddress.objects.get(email="ada@example.org").user.username == "ada"


class TestANameThatStandsForAnotherIssuerNow:
    """Both have a person 42; they are not the same."""

    def test_opens_no_account_that_was_linked_before(
        self, alice: User, provider: IdentityProvider, settings: Any
    ) -> None:
        link(alice)
        sign_in(Browser())
        with IdentityProvider() as another:
            settings.SOCIALACCOUNT_PROVIDERS = providers(another)
            browser = Browser()
            assert "Sign-in did not work" in text(sign_in(browser))
        assert not is_signed_in(browser)

    def test_is_said_in_the_log(
        self, alice: User, provider: IdentityProvider, settings: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        link(alice)
        sign_in(Browser())
        with IdentityProvider() as another:
            settings.SOCIALACCOUNT_PROVIDERS = providers(another)
            sign_in(Browser())
        assert "IssuerChangedError" in caplog.text


class TestSomebodyWhoLinkedTheProvider:
    def test_is_signed_in(self, alice: User, provider: IdentityProvider) -> None:
        link(alice)
        browser = Browser()
        sign_in(browser)
        assert browser.session["_auth_user_id"] == str(alice.pk)

    def test_is_not_when_deactivated(self, alice: User, provider: IdentityProvider) -> None:
        link(alice)
        User.objects.update(is_active=False)
        browser = Browser()
        response = browser.get(sign_in(browser)["Location"])
        assert "switched off" in text(response)
        assert not is_signed_in(browser)

    def test_is_somebody_else_at_another_provider(self, alice: User, provider: IdentityProvider) -> None:
        SocialAccount.objects.create(user=alice, provider="other", uid="42")
        browser = Browser()
        sign_in(browser)
        assert not is_signed_in(browser)

    def test_leaves_no_token_behind(self, alice: User, provider: IdentityProvider) -> None:
        link(alice)
        sign_in(Browser())
        assert not SocialToken.objects.exists()
        assert not any(ACCESS_TOKEN in str(session.get_decoded()) for session in Session.objects.all())


def test_an_id_token_of_somebody_else_signs_nobody_in(alice: User, provider: IdentityProvider) -> None:
    link(alice)
    provider.id_token_claims = {"sub": "43"}
    browser = Browser()
    assert "Sign-in did not work" in text(sign_in(browser))
    assert not is_signed_in(browser)


@pytest.mark.parametrize("path", ["/accounts/google/login/", "/accounts/oidc/other/login/", "/accounts/github/login/"])
def test_a_provider_that_is_not_switched_on_is_not_there(db: None, provider: IdentityProvider, path: str) -> None:
    assert Browser().post(path).status_code == 404


def test_sign_in_with_a_token_from_a_script_is_not_offered(db: None) -> None:
    assert Browser().post("/accounts/google/login/token/", {"credential": "x"}).status_code == 404


@pytest.mark.parametrize(
    "more", ["auth_params=redirect_uri%3Dhttps%3A%2F%2Fevil.example", "scope=admin", "action=rerequest"]
)
def test_a_link_cannot_change_what_is_asked_of_a_provider(db: None, provider: IdentityProvider, more: str) -> None:
    assert Browser().post(f"{LOGIN}?process=login&{more}").status_code == 404


@pytest.mark.parametrize("path", ["/accounts/login/", "/account/", "/accounts/email/", "/accounts/2fa/"])
def test_pages_of_the_account_stay_in_no_cache(alice: User, path: str) -> None:
    browser = Browser()
    if path != "/accounts/login/":
        browser.force_login(alice)
    assert "no-store" in browser.get(path)["Cache-Control"]
