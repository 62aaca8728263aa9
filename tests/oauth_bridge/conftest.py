"""Fixtures of the authorization server's tests."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client as Browser

from accounts.models import User
from oauth_bridge import catalogue, usage
from oauth_bridge.signals import access_ended
from tests.oauth_bridge.flows import Flow, register, sign_in


@pytest.fixture(autouse=True)
def _resources_of_these_tests(settings: Any) -> None:
    settings.OAUTH_BRIDGE_RESOURCES = "tests.oauth_bridge.protected.protected_resources"
    settings.PUBLIC_URL = "http://localhost:8000"
    usage._uncounted.clear()
    catalogue._stored.clear()


@pytest.fixture
def alice(db: None) -> User:
    return User.objects.create_user("alice", "alice@example.org", "secret")


@pytest.fixture
def browser(alice: User) -> Browser:
    """Alice's browser, signed in a moment ago."""
    browser = Browser()
    sign_in(browser, alice)
    return browser


@pytest.fixture
def flow(browser: Browser) -> Flow:
    """A public client in alice's browser."""
    return Flow(browser, register(browser, client_name="Example").json()["client_id"])


@pytest.fixture
def confidential(browser: Browser) -> Flow:
    """A client with a secret."""
    answer = register(browser, token_endpoint_auth_method="client_secret_post").json()
    return Flow(browser, answer["client_id"], answer["client_secret"])


@pytest.fixture
def ended() -> Iterator[list[frozenset[int]]]:
    """What `access_ended` was sent with."""
    heard: list[frozenset[int]] = []

    def hear(connection_ids: frozenset[int], **kwargs: Any) -> None:
        heard.append(connection_ids)

    access_ended.connect(hear)
    yield heard
    access_ended.disconnect(hear)


@pytest.fixture
def committed(django_capture_on_commit_callbacks: Any) -> Callable[[], Any]:
    """A block whose on-commit callbacks run at its end."""
    return lambda: django_capture_on_commit_callbacks(execute=True)


@pytest.fixture
def bobs(db: None) -> Browser:
    """Somebody else's browser."""
    other = Browser()
    other.force_login(User.objects.create_user("bob"))
    return other
