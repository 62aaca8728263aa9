"""Signing in with a password, and the letters that a site with passwords sends."""

import re
import threading
from typing import Any

from django.core import mail
from django.test import Client as Browser

from tests.accounts.conftest import PASSWORD


def sign_in(name: str, password: str = PASSWORD, browser: Browser | None = None, target: str = "") -> Any:
    return (browser or Browser()).post("/accounts/login/", {"login": name, "password": password, "next": target})


def code_in_mail() -> str:
    """The code in the last letter, once those that nobody waits for are out too."""
    for thread in threading.enumerate():
        if thread.name == "letter":
            thread.join()
    found = re.search(r"^([A-Z0-9-]{6,})$", mail.outbox[-1].body, re.MULTILINE)
    assert found is not None, mail.outbox[-1].body
    return found[1]
