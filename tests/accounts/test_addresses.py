"""Whose an address is, by what providers say in their own ways."""

from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialAccount, SocialLogin
from allauth.socialaccount.providers.oauth2.client import OAuth2Error

from accounts.addresses import adopt, owner, proved, replace, settle
from accounts.models import User
from accounts.providers import MicrosoftRegistration, Registration, social_providers


@pytest.fixture(autouse=True)
def _providers(settings: Any) -> None:
    client = Registration("x", "y")
    settings.SOCIALACCOUNT_PROVIDERS = social_providers(
        google=client,
        github=client,
        microsoft=MicrosoftRegistration("x", "y", tenant="example.org", verified_domains=("example.org",)),
    )


def arrival(provider: str, said: object, email: str = "ada@example.org", **claims: Any) -> SocialLogin:
    """Somebody coming from a provider, as allauth understood it."""
    login = SocialLogin(
        provider=get_adapter().get_provider(None, provider),
        user=User(),
        account=SocialAccount(provider=provider, uid="42", extra_data={"email": email, **claims}),
        email_addresses=[EmailAddress(email=email, verified=said, primary=True)],
    )
    settle(login)
    return login


@pytest.mark.django_db
class TestGoogle:
    """Google for Developers, "Verify the Google ID token": the address is authoritative with gmail.com or `hd`."""

    def test_vouches_for_its_own_mailboxes(self) -> None:
        assert proved(arrival("google", True, "ada@gmail.com")) == ["ada@gmail.com"]

    def test_vouches_for_those_of_an_organization(self) -> None:
        assert proved(arrival("google", True, hd="example.org"))

    def test_does_not_for_an_address_that_somebody_had_once(self) -> None:
        assert proved(arrival("google", True)) == []

    def test_does_not_for_one_that_it_did_not_check(self) -> None:
        assert proved(arrival("google", False, hd="example.org")) == []


@pytest.mark.django_db
class TestGitHub:
    @pytest.mark.parametrize(("said", "counts"), [(True, True), (False, False)])
    def test_is_taken_at_its_word(self, said: bool, counts: bool) -> None:
        assert bool(proved(arrival("github", said))) is counts


@pytest.mark.django_db
class TestMicrosoft:
    def test_vouches_for_the_domains_that_the_operator_named(self) -> None:
        assert proved(arrival("microsoft", False)) == ["ada@example.org"]

    def test_vouches_for_no_others(self) -> None:
        assert proved(arrival("microsoft", False, "ada@example.com")) == []


@pytest.mark.django_db
def test_a_provider_that_speaks_of_two_people_is_not_believed() -> None:
    both = {"userinfo": {"sub": "1"}, "id_token": {"sub": "2"}}
    with pytest.raises(OAuth2Error, match="different people"):
        arrival("github", True, **both)


class TestAnAddressThatAnOperatorWrote:
    def test_is_the_users(self, alice: User) -> None:
        assert owner("ALICE@example.org") == alice

    def test_becomes_a_verified_one(self, alice: User) -> None:
        adopt(alice)
        row = EmailAddress.objects.get()
        assert (row.email, row.verified, row.primary) == ("alice@example.org", True, True)

    def test_does_not_where_the_user_claimed_it_without_proof(self, alice: User) -> None:
        EmailAddress.objects.create(user=alice, email="alice@example.org", verified=False)
        adopt(alice)
        assert not EmailAddress.objects.get().verified
        assert owner("alice@example.org") is None

    def test_does_not_where_another_user_has_it(self, alice: User) -> None:
        bob = User.objects.create_user("bob", "bob@example.org")
        EmailAddress.objects.create(user=bob, email="alice@example.org", verified=True)
        adopt(alice)
        assert owner("alice@example.org") == bob

    def test_takes_the_place_of_the_former(self, alice: User) -> None:
        adopt(alice)
        alice.email = "alice@example.com"
        alice.save()
        replace(alice, "alice@example.org")
        assert owner("alice@example.org") is None
        assert owner("alice@example.com") == alice

    def test_leaves_none_when_it_is_taken_away(self, alice: User) -> None:
        adopt(alice)
        alice.email = ""
        alice.save()
        replace(alice, "alice@example.org")
        assert not EmailAddress.objects.exists()
