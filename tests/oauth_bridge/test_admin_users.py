"""Users in Django admin: what hangs on each, and the end of it."""

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.test import Client as Browser

from accounts.models import UpstreamAccount, User
from oauth_bridge.models import Client, Connection, PersonalToken
from oauth_bridge.personal_tokens import create
from oauth_bridge.resources import protected_resources
from tests.oauth_bridge.flows import Flow, works
from tests.oauth_bridge.operator import act, clerk, history, offered, superuser, url_of, words


@pytest.fixture
def operator(db: None) -> Browser:
    return superuser()


def test_show_what_hangs_on_them_and_no_value(operator: Browser, flow: Flow, alice: User) -> None:
    flow.tokens()
    SocialAccount.objects.create(user=alice, provider="github", uid="4711")
    Authenticator.objects.create(user=alice, type="totp", data={"secret": "SEALED-FACTOR"})
    UpstreamAccount.objects.create(user=alice, provider="github", uid="1", name="alice-hub", sealed="SEALED-TOKENS")
    page = operator.get(url_of(User, "change", alice.pk))
    for fact in ("Example", "github", "4711", "second factor", "alice-hub at github", "password"):
        assert fact in words(page)
    assert b"SEALED" not in page.content


def test_are_listed_with_the_number_of_their_connections(operator: Browser, flow: Flow, alice: User) -> None:
    flow.tokens()
    create(alice, "Script", protected_resources()[0], ["mcp"], 7)
    act(operator, PersonalToken, "revoke")
    rows = operator.get(url_of(User, "changelist")).context["cl"].result_list
    assert {user.username: user.connection_count for user in rows} == {"alice": 1, "operator": 0}


def test_lose_everything_that_acts_for_them(operator: Browser, flow: Flow, alice: User) -> None:
    tokens = flow.tokens()
    _, personal = create(alice, "Script", protected_resources()[0], ["mcp"], 7)
    act(operator, User, "revoke", alice.pk)
    assert not works(tokens)
    assert not works({"access_token": personal})
    assert history(alice) == ["operator: Everything revoked."]
    assert [history(connection) for connection in Connection.objects.all()] == [["operator: Revoked."]] * 2


def test_of_others_is_left_alone(operator: Browser, flow: Flow) -> None:
    tokens = flow.tokens()
    act(operator, User, "revoke", User.objects.get(username="operator").pk)
    assert works(tokens)


def test_are_deactivated_with_their_streams_and_activated(
    operator: Browser, flow: Flow, alice: User, ended: list[frozenset[int]], committed: Any
) -> None:
    tokens = flow.tokens()
    with committed():
        act(operator, User, "deactivate", alice.pk)
    assert not works(tokens)
    assert ended == [frozenset({Connection.objects.get().pk})]
    act(operator, User, "activate", alice.pk)
    assert works(tokens)
    assert history(alice) == ["operator: Deactivated.", "operator: Activated."]


def test_do_not_deactivate_themselves(operator: Browser) -> None:
    act(operator, User, "deactivate")
    assert User.objects.get(username="operator").is_active


def test_administrators_are_out_of_reach_for_others(alice: User) -> None:
    boss = User.objects.create_superuser("boss")
    page = act(clerk("view_user", "deactivate_users"), User, "deactivate", alice.pk, boss.pk)
    assert "Administrators were left alone" in words(page)
    assert User.objects.get(username="boss").is_active
    assert not User.objects.get(username="alice").is_active


def test_can_be_deleted_with_their_tokens(operator: Browser, flow: Flow, alice: User) -> None:
    flow.tokens()
    assert operator.post(url_of(User, "delete", alice.pk), {"post": "yes"}).status_code == 302
    assert not User.objects.filter(username="alice").exists()
    assert Client.objects.exists()


@pytest.mark.parametrize(
    ("codename", "actions"),
    [
        ("view_user", set()),
        ("change_user", set()),
        ("revoke_access", {"revoke"}),
        ("deactivate_users", {"deactivate", "activate"}),
    ],
)
def test_each_action_asks_for_its_own_permission(flow: Flow, codename: str, actions: set[str]) -> None:
    tokens = flow.tokens()
    browser = clerk("view_user", codename)
    assert offered(browser, User) == actions
    for action in {"revoke", "deactivate"} - actions:
        act(browser, User, action)
    assert works(tokens)
