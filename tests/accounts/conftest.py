"""People and a provider that the tests of signing in share."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.hashers import get_hasher
from django.core.cache import cache

from accounts.models import User
from tests.accounts.way import providers
from tests.identity_provider import IdentityProvider

PASSWORD = "correct horse"


@pytest.fixture(autouse=True)
def _no_rates_from_other_tests() -> None:
    cache.clear()


@pytest.fixture
def alice(db: None) -> User:
    """Somebody whose account an operator made, with address and password."""
    return User.objects.create_user("alice", "alice@example.org", PASSWORD)


@pytest.fixture
def provider(settings: Any) -> Iterator[IdentityProvider]:
    """An OpenID provider that this site is a client of; what its person is called says `claims`."""
    with IdentityProvider(email="ada@example.org", email_verified=True, preferred_username="ada") as running:
        settings.SOCIALACCOUNT_PROVIDERS = providers(running)
        yield running


@pytest.fixture
def trusted(provider: IdentityProvider, settings: Any) -> IdentityProvider:
    """The same, where its word on an address signs in the user who has it."""
    settings.SOCIALACCOUNT_PROVIDERS = providers(provider, email_login=True)
    return provider


@pytest.fixture
def with_mail(settings: Any) -> None:
    """The site as it is with EMAIL_URL set; pytest-django keeps what is sent in `mail.outbox`."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    settings.ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
    settings.ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*", "password2*"]


@pytest.fixture(autouse=True)
def _without_mail(settings: Any) -> None:
    """The site as it is without, which is how it starts."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Passwords that were hashed, each time that one is."""
    words: list[str] = []
    hasher = type(get_hasher())
    encode = hasher.encode

    def listen(self: Any, password: str, salt: str) -> str:
        words.append(password)
        return str(encode(self, password, salt))

    monkeypatch.setattr(hasher, "encode", listen)
    return words
