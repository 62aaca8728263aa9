"""Signing in with a password and an authenticator app."""

from typing import Any

from bs4 import BeautifulSoup
from django.test import Client as Browser

from tests.accounts.authenticator_app import code
from tests.accounts.conftest import PASSWORD
from tests.accounts.way import text


def enter_password(browser: Browser, target: str = "") -> Any:
    return browser.post("/accounts/login/", {"login": "alice", "password": PASSWORD, "next": target})


def set_up_app(browser: Browser) -> str:
    """The secret that the app was given."""
    secret = secret_shown_to(browser)
    activate(browser, code(secret))
    return secret


def secret_shown_to(browser: Browser) -> str:
    page = BeautifulSoup(browser.get("/accounts/2fa/totp/activate/").content, "html.parser")
    shown = page.select_one("code.secret")
    assert shown is not None, page
    return shown.get_text()


def activate(browser: Browser, typed: str) -> None:
    response = browser.post("/accounts/2fa/totp/activate/", {"code": typed})
    assert response.status_code == 302, text(response)
