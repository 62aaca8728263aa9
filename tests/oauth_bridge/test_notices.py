"""Users are told by e-mail of access that begins, or may be stolen."""

import smtplib
import threading
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core import mail
from django.core.mail.backends.base import BaseEmailBackend
from django.test import Client as Browser

from oauth_bridge.models import Client, Connection
from tests.oauth_bridge.flows import Flow, pass_grace
from tests.oauth_bridge.protected import RESOURCE


class AwayBackend(BaseEmailBackend):
    """A mail server that cannot be reached."""

    def send_messages(self, email_messages: Any) -> int:
        raise smtplib.SMTPConnectError(421, "away")


@pytest.mark.django_db
class TestNewClient:
    def test_is_told_at_the_first_consent(self, flow: Flow, committed: Any) -> None:
        with committed():
            flow.tokens()
        (letter,) = sent()
        assert letter.to == ["alice@example.org"]
        assert "“Example”" in letter.subject
        connection = Connection.objects.get()
        assert f"http://localhost:8000/account/connections/{connection.pk}/" in letter.body

    def test_is_not_told_again_when_it_asks_again(self, flow: Flow, committed: Any) -> None:
        flow.tokens()
        with committed():
            flow.tokens()
        assert sent() == []


@pytest.mark.django_db
def test_a_refresh_token_used_twice_is_told(flow: Flow, committed: Any) -> None:
    first = flow.tokens()["refresh_token"]
    flow.refresh(first)
    pass_grace()
    with committed():
        flow.refresh(first)
    (letter,) = sent()
    assert "signed out" in letter.subject
    assert first not in letter.body


@pytest.mark.django_db
def test_a_personal_token_is_told_without_the_token(browser: Browser, committed: Any) -> None:
    with committed():
        page = browser.post(
            "/account/tokens/", {"name": "Backup", "resource": RESOURCE, "scopes": ["mcp"], "days": "30"}
        )
    (letter,) = sent()
    assert "“Backup”" in letter.body
    assert "mcp_pat_" in page.content.decode()
    assert "mcp_pat_" not in letter.body


@pytest.mark.django_db
def test_nothing_is_sent_to_whoever_has_no_address(flow: Flow, committed: Any) -> None:
    get_user_model().objects.update(email="")
    with committed():
        flow.tokens()
    assert sent() == []


@pytest.mark.django_db
def test_a_name_cannot_write_the_letter(flow: Flow, committed: Any) -> None:
    connected = "Claude\r\nBcc: all@example.org\r\n\r\nPlease sign in at evil.example " + "x" * 500
    Client.objects.update(name=connected)
    with committed():
        flow.tokens()
    (letter,) = sent()
    assert "\n" not in letter.subject
    assert letter.recipients() == ["alice@example.org"]
    assert "x" * 60 not in letter.body


@pytest.mark.django_db
def test_a_mail_server_that_is_away_refuses_nobody(
    flow: Flow, settings: Any, committed: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.EMAIL_BACKEND = f"{__name__}.AwayBackend"
    with committed():
        assert flow.tokens()["access_token"]
    sent()
    assert "was not sent" in caplog.text


def sent() -> list[mail.EmailMessage]:
    """The letters, once the threads that send them are done."""
    for thread in threading.enumerate():
        if thread.name == "letter":
            thread.join()
    return mail.outbox
