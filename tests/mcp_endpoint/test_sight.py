"""What a connection is given, and why the rest is hidden: the same as its client is told."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from mcp_endpoint import prompt, resource, scope, tool
from mcp_endpoint.endpoints import endpoints
from mcp_endpoint.registry import visible
from mcp_endpoint.sight import sighted
from oauth_bridge import catalogue
from oauth_bridge.catalogue import keep_catalogue
from oauth_bridge.models import Client, Connection, ToolCatalogue
from oauth_bridge.resources import find_resource
from oauth_bridge.sight import principal_of
from tests.mcp_endpoint.conftest import Site
from tests.oauth_bridge.operator import clerk, superuser, words

pytestmark = pytest.mark.django_db

RESOURCE = "http://localhost:8000/mcp"


@pytest.fixture(autouse=True)
def declared(site: Site) -> Iterator[None]:
    scope("notes", "Notes")
    tool(name="look", title="Look", read_only=True)(lambda: "a view")
    tool(name="wipe", destructive=True)(lambda: "wiped")
    tool(name="note", scope="notes", read_only=True)(lambda: "noted")
    tool(name="audit", permission="accounts.view_user", read_only=True)(lambda: "seen")
    resource("notes://all", scope="notes")(lambda: "all")
    resource("city://{name}")(lambda name: name)
    prompt(name="greet")(lambda: "hello")
    assert site.application
    catalogue._stored.clear()
    catalogue._held.clear()
    yield
    catalogue._stored.clear()


@pytest.fixture
def connection() -> Connection:
    client = Client.objects.create(client_type="public", authorization_grant_type="authorization-code", name="Example")
    alice = User.objects.create_user("alice")
    return Connection.objects.create(user=alice, client=client, resource=RESOURCE, scopes="mcp")


def seen(connection: Connection, browser: Browser | None = None) -> tuple[set[str], dict[str, str]]:
    """Names of what the page says is given, and of what is hidden with why."""
    url = reverse("admin:oauth_bridge_connection_sight", args=[connection.pk])
    page = (browser or superuser()).get(url)
    assert page.status_code == 200
    shown = page.context
    why = {entry.name: " ".join([*shown["closed"], *entry.reasons]) for entry in shown["hidden"]}
    assert all(reason in words(page) for reason in why.values())
    return {entry.name for entry in shown["given"]}, why


def test_what_is_given_and_what_a_scope_or_permission_hides(connection: Connection) -> None:
    given, hidden = seen(connection)
    assert given == {"look", "wipe", "city://{name}", "greet"}
    assert hidden == {
        "note": "The connection lacks the scope 'notes'.",
        "notes://all": "The connection lacks the scope 'notes'.",
        "audit": "The user lacks the permission 'accounts.view_user'.",
    }


def test_a_scope_and_a_permission_open(connection: Connection) -> None:
    Connection.objects.update(scopes="mcp notes")
    connection.user.user_permissions.add(Permission.objects.get(codename="view_user"))
    assert seen(connection)[1] == {}


def test_a_connection_for_reading_hides_tools_that_do_more(connection: Connection) -> None:
    Connection.objects.update(read_only=True)
    assert seen(connection)[1]["wipe"] == "The connection may only read, and this tool does more."


def test_a_tool_that_changed_is_held_back(connection: Connection) -> None:
    known = find_resource(RESOURCE)
    assert known is not None
    kept = ToolCatalogue.objects.get(pk=keep_catalogue(known, ["mcp"]))
    kept.tools["look"]["description"] = "What it said before."
    ToolCatalogue.objects.create(digest="before", tools=kept.tools)
    Connection.objects.update(catalogue_id="before")
    given, hidden = seen(connection)
    assert "wipe" in given
    assert hidden["look"].startswith("It is held back")


SHUT: list[tuple[Any, dict[str, Any], str]] = [
    (Connection, {"state": "paused"}, "Its user paused the connection."),
    (Connection, {"suspended": True}, "An operator paused the connection."),
    (Connection, {"state": "revoked"}, "The connection was revoked."),
    (Connection, {"expires_at": timezone.now() - timedelta(days=1)}, "The connection's time is over."),
    (Client, {"disabled": True}, "The client is disabled."),
]


@pytest.mark.parametrize(("model", "change", "why"), SHUT)
def test_what_shuts_it_out_hides_everything(
    connection: Connection, model: Any, change: dict[str, Any], why: str
) -> None:
    model.objects.update(**change)
    given, hidden = seen(connection)
    assert given == set()
    assert len(hidden) == 7
    assert all(reason.startswith(why) for reason in hidden.values())


def test_a_user_who_is_not_active_is_shut_out(connection: Connection) -> None:
    User.objects.update(is_active=False)
    assert seen(connection)[1]["look"].startswith("The user is not active.")


def test_a_blocked_host_is_shut_out(connection: Connection, settings: Settings) -> None:
    Client.objects.update(client_id="https://evil.example/client.json")
    settings.OAUTH_BRIDGE_CIMD_BLOCK = ["evil.example"]
    assert "is not let in" in seen(connection)[1]["look"]


def test_a_resource_that_is_gone_says_so(connection: Connection) -> None:
    Connection.objects.update(resource="http://localhost:8000/gone")
    page = superuser().get(reverse("admin:oauth_bridge_connection_sight", args=[connection.pk]))
    assert "The site has no such resource any more." in words(page)


@pytest.mark.parametrize("read_only", [False, True])
@pytest.mark.parametrize("scopes", ["", "mcp", "notes", "mcp notes"])
@pytest.mark.parametrize("permitted", [False, True])
def test_it_is_what_the_lists_have_and_nothing_is_hidden_without_a_reason(
    connection: Connection, scopes: str, read_only: bool, permitted: bool
) -> None:
    connection.scopes, connection.read_only = scopes, read_only
    if permitted:
        connection.user.user_permissions.add(Permission.objects.get(codename="view_user"))
    caller = principal_of(connection)
    registry = endpoints()[0].registry
    groups: list[Any] = [registry.tools, registry.resources, registry.templates, registry.prompts]
    listed = [getattr(entry, "uri", None) or entry.name for group in groups for entry in visible(caller, group)]
    told = sighted(caller)
    assert [entry.name for entry in told if entry.is_given] == listed
    assert all(bool(entry.reasons) != entry.is_given for entry in told)


def test_the_page_is_a_link_away_from_the_connection(connection: Connection) -> None:
    page = superuser().get(reverse("admin:oauth_bridge_connection_change", args=[connection.pk]))
    assert f'href="/admin/oauth_bridge/connection/{connection.pk}/sight/"' in page.content.decode()


def test_who_may_not_see_connections_does_not_see_it(connection: Connection) -> None:
    url = reverse("admin:oauth_bridge_connection_sight", args=[connection.pk])
    assert clerk("view_client").get(url).status_code == 403


def test_a_connection_that_is_not_there_is_not_found() -> None:
    assert superuser().get(reverse("admin:oauth_bridge_connection_sight", args=[4711])).status_code == 404


def test_looking_counts_as_no_use(connection: Connection) -> None:
    seen(connection)
    connection.refresh_from_db()
    assert (connection.use_count, connection.last_used_at) == (0, None)
