"""No page of the admin asks the database more often when there is more to show."""

from collections.abc import Callable
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.db import connection as database
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from oauth2_provider.models import AccessToken, Grant, RefreshToken

from accounts.models import Invitation, UpstreamAccount, User
from oauth_bridge.models import Client, Connection, ConnectionAttempt, DeviceAuthorization, PersonalToken
from tests.oauth_bridge.crowd import crowd
from tests.oauth_bridge.operator import ask, superuser, url_of

LISTED = [
    User,
    Client,
    Connection,
    AccessToken,
    RefreshToken,
    Grant,
    DeviceAuthorization,
    PersonalToken,
    ConnectionAttempt,
    Invitation,
    UpstreamAccount,
    EmailAddress,
    Authenticator,
    SocialAccount,
]
ACTIONS = [
    (Client, "revoke"),
    (Client, "delete_selected"),
    (Connection, "revoke"),
    (AccessToken, "revoke"),
    (AccessToken, "revoke_users"),
    (RefreshToken, "revoke"),
    (Grant, "revoke"),
    (DeviceAuthorization, "revoke"),
    (PersonalToken, "revoke"),
    (User, "revoke"),
    (User, "delete_selected"),
]
"""Those that ask first."""


@pytest.fixture
def operator(db: None) -> Browser:
    return superuser()


def is_steady(visit: Callable[[], Any], grow: Callable[[int], None]) -> bool:
    """Whether a page for fifty asks as often as the same page for one."""

    def queries() -> int:
        with CaptureQueriesContext(database) as asked:
            assert visit().status_code == 200
        return len(asked)

    grow(1)
    visit()  # what is looked up once for all
    few = queries()
    grow(49)
    return queries() == few


@pytest.mark.parametrize("model", LISTED)
def test_no_list_does(operator: Browser, model: Any) -> None:
    assert is_steady(lambda: operator.get(url_of(model, "changelist"), {"q": "e"}), crowd)


@pytest.mark.parametrize("model", [User, Client])
@pytest.mark.parametrize("page", ["change", "delete", "history"])
def test_no_page_of_what_has_many_connections_does(operator: Browser, alice: User, model: Any, page: str) -> None:
    client = Client.objects.create(name="Example", client_type="public", authorization_grant_type="authorization-code")
    row, owner = (alice, {"joined": alice}) if model is User else (client, {"shared": client})
    assert is_steady(lambda: operator.get(url_of(model, page, row.pk)), lambda number: crowd(number, **owner))


@pytest.mark.parametrize(("model", "action"), ACTIONS)
def test_no_page_that_asks_first_does(operator: Browser, model: Any, action: str) -> None:
    assert is_steady(lambda: ask(operator, model, action), crowd)
