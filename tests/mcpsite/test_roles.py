"""Ready-made groups: each does in Django admin what its name says, and nothing else.

Every page and every action of the admin is tried by each of them, allowed or not.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.db.migrations.state import ProjectState
from django.test import Client as Browser
from oauth2_provider.models import AccessToken, Grant, RefreshToken

from accounts.models import Invitation, UpstreamAccount, User
from demo_tools.models import Note
from mcp_endpoint.ledger.rows import insert
from mcp_endpoint.models import ToolCall
from mcpsite.models import Doctor
from mcpsite.roles import ROLES, make_roles
from oauth_bridge.models import Client, Connection, ConnectionAttempt, DeviceAuthorization, PersonalToken
from tests.mcp_endpoint.ledger.samples import row
from tests.oauth_bridge.crowd import crowd
from tests.oauth_bridge.operator import act, ask, confirm, history, offered, url_of

pytestmark = pytest.mark.django_db

# Lists: processes that share the tests must agree on their order.
ACCESS = [User, Client, Connection, AccessToken, RefreshToken, Grant, DeviceAuthorization, PersonalToken]
RECORDS = [ToolCall, ConnectionAttempt]
PEOPLE = [Invitation, UpstreamAccount, Authenticator, SocialAccount]
OTHERS = [Group, EmailAddress, Note]
"""For administrators."""
STORED = [*ACCESS, *RECORDS, *PEOPLE, *OTHERS]

SEEN = {"operator": [*ACCESS, *RECORDS, *PEOPLE], "auditor": [*ACCESS, *RECORDS, *PEOPLE], "support": ACCESS}
WRITTEN: dict[str, dict[str, list[Any]]] = {
    "operator": {
        "add": [Client, Invitation],
        "change": [Client, Connection, Invitation],
        "delete": [Client, PersonalToken, Invitation, UpstreamAccount],
    },
    "auditor": {},
    "support": {},
}
"""Whose pages each may send."""

TOKEN_ACTIONS = {"revoke_one", "revoke", "revoke_users"}
REVOCATIONS: dict[Any, set[str]] = {
    User: {"revoke"},
    Client: {"revoke"},
    Connection: {"revoke"},
    AccessToken: TOKEN_ACTIONS,
    RefreshToken: TOKEN_ACTIONS,
    Grant: {"revoke", "revoke_users"},
    DeviceAuthorization: {"revoke", "revoke_users"},
    PersonalToken: {"revoke"},
}
DONE: dict[str, dict[Any, set[str]]] = {
    "operator": {
        **REVOCATIONS,
        User: {"revoke", "deactivate", "activate"},
        Client: {"approve", "disapprove", "disable", "enable", "revoke", "renew_secret", "delete_selected"},
        Connection: {"pause", "resume", "revoke"},
        PersonalToken: {"revoke", "delete_selected"},
        Invitation: {"renew", "delete_selected"},
        UpstreamAccount: {"delete_selected"},
    },
    "auditor": {},
    "support": REVOCATIONS,
}
"""The actions of each."""
ACTIONS = sorted({action for actions in DONE["operator"].values() for action in actions} | {"make_verified"})


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
def everything() -> User:
    """A row of everything, which is somebody's."""
    crowd(1)
    insert([row()])
    user = User.objects.get()
    Note.objects.create(owner=user, text="Milk")
    return user


def stored() -> dict[Any, list[dict[str, Any]]]:
    """All that there is, but for what the staff's own visits leave behind."""
    there = {model: list(model._default_manager.order_by("pk").values()) for model in STORED}
    there[User] = [{**user, "last_login": None} for user in there[User]]
    return there


def key_of(model: Any) -> Any:
    """Key of the row that `everything` made, if there is one."""
    found = model._default_manager.order_by("pk").first()
    return found.pk if found else 1


def pages(model: Any) -> Iterator[tuple[str, str]]:
    """Each kind of page of a list, and its URL."""
    for page in ("changelist", "add"):
        yield page, url_of(model, page)
    for page in ("change", "history", "delete"):
        yield page, url_of(model, page, key_of(model))


def test_every_list_of_the_admin_is_spoken_of_here() -> None:
    assert set(admin.site._registry) == {*STORED, Doctor}


@pytest.mark.parametrize("role", ROLES)
def test_each_opens_the_pages_it_needs_and_no_other(
    member: Callable[[str], Browser], everything: User, role: str
) -> None:
    browser = member(role)
    for model in STORED:
        opened = {page for page, url in pages(model) if browser.get(url).status_code == 200}
        looks = {"changelist", "change", "history"} if model in SEEN[role] else set()
        writes = {page for page in ("add", "delete") if model in WRITTEN[role].get(page, ())}
        assert opened == looks | writes, model


@pytest.mark.parametrize("role", ROLES)
def test_what_is_not_theirs_is_refused_when_it_is_sent(
    member: Callable[[str], Browser], everything: User, role: str
) -> None:
    browser, before = member(role), stored()
    before[User] = stored()[User]
    for model in STORED:
        for page, url in pages(model):
            if page in ("add", "change", "delete") and model not in WRITTEN[role].get(page, ()):
                form = {"post": "yes", "name": "x", "username": "x", "scopes": "mcp", "is_superuser": "on"}
                assert browser.post(url, form).status_code == 403, url
    assert stored() == before


@pytest.mark.parametrize("role", ROLES)
def test_what_is_not_theirs_to_do_is_not_done(member: Callable[[str], Browser], everything: User, role: str) -> None:
    browser, before = member(role), stored()
    for model in STORED:
        theirs = DONE[role].get(model, set())
        if model in SEEN[role]:
            assert offered(browser, model) == theirs, model
        for action in set(ACTIONS) - theirs:
            ask(browser, model, action, key_of(model), confirmed="1", post="yes")
    assert stored() == before


@pytest.mark.parametrize(
    ("role", "model", "action"),
    [
        (role, model, action)
        for role, actions in DONE.items()
        for model, names in actions.items()
        for action in sorted(names)
    ],
)
def test_what_is_theirs_is_done(
    member: Callable[[str], Browser], everything: User, role: str, model: Any, action: str
) -> None:
    User.objects.update(is_active=action != "activate")
    Connection.objects.update(suspended=action == "resume")
    Client.objects.update(
        disabled=action == "enable",
        trust="approved" if action == "disapprove" else "",
        client_type="confidential" if action == "renew_secret" else "public",
        registration_source="manual",
    )
    browser, before = member(role), stored()
    if action == "delete_selected":
        confirm(browser, ask(browser, model, action, key_of(model)))
    else:
        act(browser, model, action, key_of(model))
    assert stored() != before


@pytest.mark.parametrize(("role", "status"), [("operator", 200), ("auditor", 200), ("support", 403)])
@pytest.mark.parametrize("format", ["csv", "json"])
def test_who_exports(member: Callable[[str], Browser], role: str, status: int, format: str) -> None:
    assert member(role).get(f"{url_of(ToolCall, 'changelist')}export/{format}/").status_code == status


@pytest.mark.parametrize(("role", "status"), [("operator", 200), ("auditor", 403), ("support", 403)])
def test_who_sees_the_doctor(member: Callable[[str], Browser], role: str, status: int) -> None:
    assert member(role).get(url_of(Doctor, "changelist")).status_code == status


@pytest.mark.parametrize("role", ["auditor", "support"])
def test_nobody_else_sends_for_the_doctor(member: Callable[[str], Browser], role: str) -> None:
    assert member(role).post(url_of(Doctor, "changelist")).status_code == 403


@pytest.mark.parametrize("role", ROLES)
def test_each_sees_what_a_user_would_see(member: Callable[[str], Browser], everything: User, role: str) -> None:
    url = f"/admin/oauth_bridge/connection/{key_of(Connection)}/sight/"
    assert member(role).get(url).status_code == 200


@pytest.mark.parametrize(("role", "shown"), [("operator", True), ("auditor", True), ("support", False)])
def test_who_sees_the_overview_of_calls(
    member: Callable[[str], Browser], everything: User, role: str, shown: bool
) -> None:
    assert (b"Tool calls since" in member(role).get("/admin/").content) is shown


@pytest.mark.parametrize("role", ROLES)
def test_none_makes_anybody_an_administrator(member: Callable[[str], Browser], role: str) -> None:
    browser, me = member(role), User.objects.get(username=role)
    assert browser.post(url_of(User, "change", me.pk), {"is_superuser": "on"}).status_code == 403
    assert browser.get(f"/admin/accounts/user/{me.pk}/password/").status_code == 403
    assert not User.objects.filter(is_superuser=True).exists()


def test_what_support_does_is_in_the_history(member: Callable[[str], Browser], everything: User) -> None:
    connection = Connection.objects.earliest("pk")
    act(member("support"), Client, "revoke")
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
