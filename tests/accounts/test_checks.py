"""System checks of who can sign in."""

from typing import Any

import pytest
from django.core import checks

from accounts.providers import MicrosoftRegistration, OpenIDRegistration, Registration, social_providers

CLIENT = Registration("id", "secret")
OPENID = OpenIDRegistration("id", "secret", issuer="https://idp.example")


def ids() -> set[str]:
    return {message.id for message in checks.run_checks() if message.id and message.id.startswith("accounts.")}


def test_the_defaults_are_fine() -> None:
    assert ids() == set()


def test_nobody_can_sign_in_without_passwords_and_providers(settings: Any) -> None:
    settings.LOCAL_PASSWORDS = False
    assert ids() == {"accounts.E001"}


@pytest.mark.parametrize(
    "providers",
    [
        social_providers(github=CLIENT),
        social_providers(oidc=[OPENID]),
        social_providers(microsoft=MicrosoftRegistration("id", "secret")),
    ],
)
def test_only_who_linked_before_can_by_providers_that_are_not_trusted(settings: Any, providers: Any) -> None:
    settings.LOCAL_PASSWORDS, settings.SOCIALACCOUNT_PROVIDERS = False, providers
    assert ids() == {"accounts.W001"}


@pytest.mark.parametrize("policy", ["invited", "open"])
def test_that_is_fine_where_people_can_sign_up(settings: Any, policy: str) -> None:
    settings.LOCAL_PASSWORDS, settings.SIGN_UP = False, policy
    settings.SOCIALACCOUNT_PROVIDERS = social_providers(github=CLIENT)
    assert ids() == set()


@pytest.mark.parametrize(
    "providers",
    [
        social_providers(google=CLIENT),
        social_providers(github=CLIENT, github_email_login=True),
        social_providers(oidc=[OPENID, OpenIDRegistration("a", "b", issuer="https://x.example", email_login=True)]),
    ],
)
def test_users_can_by_one_that_is_trusted(settings: Any, providers: Any) -> None:
    settings.LOCAL_PASSWORDS, settings.SOCIALACCOUNT_PROVIDERS = False, providers
    assert ids() == set()


@pytest.mark.parametrize(
    ("policy", "domains"),
    [
        ("everybody", []),
        ("domains", []),
        ("domains", ["example"]),
        ("domains", ["*.example.com"]),
        ("closed", ["@x.org"]),
    ],
)
def test_a_policy_that_means_nothing_is_an_error(settings: Any, policy: str, domains: list[str]) -> None:
    settings.SIGN_UP, settings.SIGN_UP_DOMAINS = policy, domains
    assert "accounts.E002" in ids()


@pytest.mark.parametrize("policy", ["invited", "domains"])
def test_a_policy_that_nobody_can_meet_is_told(settings: Any, policy: str) -> None:
    settings.SIGN_UP, settings.SIGN_UP_DOMAINS = policy, ["example.com"]
    assert ids() == {"accounts.W002"}


def test_mail_can_meet_it(settings: Any, with_mail: None) -> None:
    settings.SIGN_UP = "invited"
    assert ids() == set()
