"""Ready-made groups: each does in Django admin what its name says, and nothing else."""

from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.db.migrations.state import ProjectState
from django.test import Client as Browser
from oauth2_provider.models import AccessToken, Grant, RefreshToken

from accounts.models import Invitation, UpstreamAccount, User
from mcp_endpoint.models import ToolCall
from mcpsite.roles import ROLES, make_roles
from oauth_bridge.models import Client, Connection, DeviceAuthorization, PersonalToken
from tests.oauth_bridge.operator import act, history, offered, url_of

pytestmark = pytest.mark.django_db

# Lists: processes that share the tests must agree on their order.
ACCESS = [User, Client, Connection, AccessToken, RefreshToken, Grant, DeviceAuthorization, PersonalToken]
ALL = [*ACCESS, ToolCall, Invitation, UpstreamAccount, Authenticator]


@pytest.fixture
def member() -> Callable[[str], Browser]:
    """The browser of somebody of the staff who is in one group."""

    def enter(role: str) -> Browser:
        user = User.objects.create_user(role, is_staff=True)
        user.groups.set([Group.objects.get(name=role)])
        browser = Browser()
        browser.force_login(user)
        return browser

    return enter


@pytest.fixture
def connection() -> Connection:
    client = Client.objects.create(client_type="public", authorization_grant_type="authorization-code", name="Example")
    alice = User.objects.create_user("alice")
    return Connection.objects.create(user=alice, client=client, resource="http://localhost:8000/mcp", scopes="mcp")


@pytest.mark.parametrize(("role", "seen"), [("operator", ALL), ("auditor", ALL), ("support", ACCESS)])
def test_each_sees_what_it_needs(member: Callable[[str], Browser], role: str, seen: list[Any]) -> None:
    browser = member(role)
    assert [model for model in ALL if browser.get(url_of(model, "changelist")).status_code == 200] == seen


def test_the_operator_is_offered_every_action(member: Callable[[str], Browser], connection: Connection) -> None:
    browser = member("operator")
    assert offered(browser, Client) >= {"approve", "disapprove", "disable", "enable", "revoke", "delete_selected"}
    assert offered(browser, Connection) == {"pause", "resume", "revoke"}
    assert offered(browser, User) == {"revoke", "deactivate", "activate"}


def test_the_operator_makes_nobody_an_administrator(member: Callable[[str], Browser]) -> None:
    browser = member("operator")
    me = User.objects.get(username="operator")
    assert browser.post(url_of(User, "change", me.pk), {"is_superuser": "on"}).status_code == 403
    assert browser.get(url_of(User, "add")).status_code == 403
    assert browser.get(f"/admin/accounts/user/{me.pk}/password/").status_code == 403


def test_the_auditor_is_offered_no_action(member: Callable[[str], Browser], connection: Connection) -> None:
    browser = member("auditor")
    assert {model: offered(browser, model) for model in ALL} == {model: set() for model in ALL}


@pytest.mark.parametrize("model", ALL)
def test_the_auditor_adds_nothing(member: Callable[[str], Browser], model: Any) -> None:
    assert member("auditor").get(url_of(model, "add")).status_code == 403


def test_the_auditor_exports(member: Callable[[str], Browser]) -> None:
    assert member("auditor").get(f"{url_of(ToolCall, 'changelist')}export/csv/").status_code == 200


@pytest.mark.parametrize("model", [Client, Connection, User])
def test_support_revokes_and_does_nothing_else(
    member: Callable[[str], Browser], connection: Connection, model: Any
) -> None:
    browser = member("support")
    assert offered(browser, model) == {"revoke"}
    row = model.objects.order_by("pk").first()
    assert browser.post(url_of(model, "change", row.pk), {"name": "x"}).status_code == 403
    act(browser, model, "revoke")
    connection.refresh_from_db()
    assert connection.state == Connection.State.REVOKED
    assert history(connection) == ["support: Revoked."]


def test_what_is_changed_in_a_group_stays(member: Callable[[str], Browser]) -> None:
    support = Group.objects.get(name="support")
    support.permissions.remove(Permission.objects.get(codename="revoke_access"))
    make_roles(apps)
    assert not support.permissions.filter(codename="revoke_access").exists()


def test_a_group_that_is_gone_is_made_anew_with_all_it_had() -> None:
    Group.objects.all().delete()
    Permission.objects.filter(codename="revoke_access").delete()
    make_roles(apps)
    for name, permissions in ROLES.items():
        given = Group.objects.get(name=name).permissions.values_list("content_type__app_label", "codename")
        assert {f"{label}.{codename}" for label, codename in given} == set(permissions)


def test_none_is_made_before_every_room_is_there() -> None:
    Group.objects.all().delete()
    make_roles(ProjectState().apps)
    early = ProjectState.from_apps(apps)
    early.remove_model("mcpsite", "doctor")
    Permission.objects.filter(codename="run_doctor").delete()
    make_roles(early.apps)
    assert not Group.objects.exists()
