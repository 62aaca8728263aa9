"""Second factors when the site's key is replaced."""

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import CommandError, call_command
from django.test import Client as Browser

from accounts.models import User
from tests.accounts.authenticator_app import code
from tests.accounts.second_step import enter_password, set_up_app
from tests.accounts.way import is_signed_in


@pytest.fixture
def secret(alice: User) -> str:
    """Secret of alice's app, which she has set up."""
    browser = Browser()
    enter_password(browser)
    return set_up_app(browser)


class TestANewSecretKey:
    NEW = "another-key-" + "1" * 50

    def test_opens_what_the_old_one_sealed(self, secret: str, settings: Any) -> None:
        settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], self.NEW
        browser = Browser()
        enter_password(browser)
        browser.post("/accounts/2fa/authenticate/", {"code": code(secret, 1)})
        assert is_signed_in(browser)

    def test_can_seal_all_anew_so_that_the_old_one_can_go(
        self, secret: str, settings: Any, capsys: pytest.CaptureFixture[str]
    ) -> None:
        settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], self.NEW
        call_command("reseal_second_factors")
        assert "sealed anew: 2" in capsys.readouterr().out
        settings.SECRET_KEY_FALLBACKS = []
        browser = Browser()
        enter_password(browser)
        browser.post("/accounts/2fa/authenticate/", {"code": code(secret, 1)})
        assert is_signed_in(browser)

    def test_changes_nothing_where_the_old_one_is_gone(self, secret: str, settings: Any) -> None:
        before = list(Authenticator.objects.values_list("data", flat=True))
        settings.SECRET_KEY = self.NEW
        with pytest.raises(CommandError, match="SECRET_KEY_FALLBACKS"):
            call_command("reseal_second_factors")
        assert list(Authenticator.objects.values_list("data", flat=True)) == before
