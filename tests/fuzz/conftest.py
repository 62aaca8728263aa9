"""How much is tried, and somebody with clients to try it on."""

import os
from typing import Any

import pytest
from django.test import Client as Browser
from hypothesis import HealthCheck, settings

from accounts.models import User
from tests.oauth_bridge.flows import Flow, register, sign_in

# Under continuous integration the same inputs every time, so that a change is to blame for a failure.
settings.register_profile(
    "site",
    max_examples=60,
    deadline=None,
    database=None,
    derandomize=os.environ.get("CI") == "true",
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.load_profile("site")


@pytest.fixture(autouse=True)
def _as_in_the_other_tests(settings: Any) -> None:
    settings.OAUTH_BRIDGE_RESOURCES = "tests.oauth_bridge.protected.protected_resources"
    settings.PUBLIC_URL = "http://localhost:8000"
    settings.OAUTH_BRIDGE_REGISTRATION_RATE = settings.OAUTH_BRIDGE_REGISTRATION_RATE_ALL = "100000/h"


@pytest.fixture
def browser(db: None) -> Browser:
    """Somebody who signed in a moment ago."""
    browser = Browser()
    sign_in(browser, User.objects.create_user("alice", "alice@example.org", "secret"))
    return browser


@pytest.fixture
def flow(browser: Browser) -> Flow:
    """A client without a secret."""
    return Flow(browser, register(browser, client_name="Example").json()["client_id"])


@pytest.fixture
def confidential(browser: Browser) -> Flow:
    """A client with one."""
    answer = register(browser, token_endpoint_auth_method="client_secret_basic").json()
    return Flow(browser, answer["client_id"], answer["client_secret"])
