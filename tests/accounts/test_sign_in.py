"""Sign-in: who gets in, by which name, and who is refused."""

from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.core import context
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.helpers import complete_social_login
from allauth.socialaccount.models import SocialAccount, SocialLogin, SocialToken
from django.contrib.auth.models import AnonymousUser
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client as Browser
from django.test import RequestFactory

from accounts.models import User
from accounts.providers import social_providers

PASSWORD = "correct horse"


@pytest.fixture(autouse=True)
def _no_rates_from_other_tests() -> None:
    cache.clear()


@pytest.fixture
def alice(db: None) -> User:
    return User.objects.create_user("alice", "alice@example.org", PASSWORD)


def sign_in(name: str, password: str = PASSWORD) -> Any:
    return Browser().post("/accounts/login/", {"login": name, "password": password})


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
        response = Browser().post(
            "/accounts/login/", {"login": "alice", "password": PASSWORD, "next": "/authorize?client_id=x"}
        )
        assert response["Location"] == "/authorize?client_id=x"

    def test_never_leads_off_the_site(self, alice: User) -> None:
        response = Browser().post(
            "/accounts/login/", {"login": "alice", "password": PASSWORD, "next": "https://evil.example/"}
        )
        assert response["Location"] == "/"

    def test_guessing_is_slowed_down(self, alice: User) -> None:
        for _ in range(6):
            sign_in("alice", "wrong")
        assert sign_in("alice").status_code != 302


class TestSignUp:
    FORM = {"username": "bob", "email": "bob@example.org", "password1": PASSWORD, "password2": PASSWORD}

    @pytest.mark.parametrize("policy", ["closed", "", "Open", "true"])
    def test_is_closed_unless_it_was_opened(self, db: None, settings: Any, policy: str) -> None:
        settings.SIGN_UP = policy
        Browser().post("/accounts/signup/", self.FORM)
        assert not User.objects.exists()

    def test_can_be_opened(self, db: None, settings: Any) -> None:
        settings.SIGN_UP = "open"
        Browser().post("/accounts/signup/", self.FORM)
        assert User.objects.get().username == "bob"


class TestByAnotherProvider:
    """What allauth does once a provider said who somebody is."""

    def arrive(self, provider: str = "github", verified: bool = True) -> HttpResponse:
        email = "alice@example.org"
        request = RequestFactory().get(f"/accounts/{provider}/login/callback/")
        request.user = AnonymousUser()
        SessionMiddleware(lambda request: HttpResponse()).process_request(request)
        MessageMiddleware(lambda request: HttpResponse()).process_request(request)
        account = SocialAccount(provider=provider, uid="42")
        login = SocialLogin(
            provider=get_adapter().get_provider(request, provider),
            user=User(email=email),
            account=account,
            email_addresses=[EmailAddress(email=email, verified=verified, primary=True)],
        )
        login.token = SocialToken(token="upstream-secret")
        with context.request_context(request):
            response = complete_social_login(request, login)
        assert isinstance(response, HttpResponse)
        self.request = request
        return response

    @pytest.fixture(autouse=True)
    def _provider(self, settings: Any) -> None:
        settings.SOCIALACCOUNT_PROVIDERS = social_providers(google=("x", "y"), github=("x", "y"))

    def test_somebody_unknown_is_told_that_sign_up_is_closed(self, db: None) -> None:
        response = self.arrive()
        assert b"closed" in response.content.lower()
        assert not User.objects.exists()

    def test_somebody_unknown_becomes_a_user_where_it_is_open(self, db: None, settings: Any) -> None:
        settings.SIGN_UP = "open"
        self.arrive()
        assert User.objects.get().email == "alice@example.org"

    def test_a_matching_address_is_not_enough(self, alice: User) -> None:
        """GitHub's word on an address does not open the account of whoever has it here."""
        self.arrive()
        assert not self.request.user.is_authenticated

    def test_an_address_that_google_verified_is(self, alice: User) -> None:
        self.arrive("google")
        assert self.request.user == alice

    def test_an_address_that_google_did_not_verify_is_not(self, alice: User) -> None:
        self.arrive("google", verified=False)
        assert not self.request.user.is_authenticated

    def test_somebody_deactivated_is_not_signed_in(self, alice: User) -> None:
        SocialAccount.objects.create(user=alice, provider="github", uid="42")
        User.objects.update(is_active=False)
        self.arrive()
        assert not self.request.user.is_authenticated

    def test_somebody_who_linked_it_is_signed_in(self, alice: User) -> None:
        SocialAccount.objects.create(user=alice, provider="github", uid="42")
        self.arrive()
        assert self.request.user == alice

    def test_no_token_of_the_provider_is_stored(self, alice: User) -> None:
        SocialAccount.objects.create(user=alice, provider="github", uid="42")
        self.arrive()
        assert not SocialToken.objects.exists()
