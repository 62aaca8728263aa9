"""What acts for a person, and how they stop it."""

import re
from contextlib import closing
from typing import Any

from playwright.sync_api import Page

from tests.browser.pages.heading import at
from tests.browser.program import Program
from tests.browser.stage import Stage
from tests.clients.wire import Wire

EVERYTHING = "mcp notes:read notes:write github:profile"
STOP = """
from oauth_bridge.models import Connection
Connection.objects.filter(client__client_id={!r}).update(suspended=True)
"""


def connections(stage: Stage) -> Page:
    page = connect(stage)
    page.goto("/account/connections/")
    return at(page, "Connected apps")


def connection(stage: Stage) -> Page:
    page = connections(stage)
    page.get_by_role("heading").get_by_role("link", name="Claude", exact=True).first.click()
    return at(page, "Claude")


def connection_paused(stage: Stage) -> Page:
    page = connections(stage)
    page.get_by_role("heading").get_by_role("link", name="Cursor", exact=True).first.click()
    page.get_by_role("button", name="Pause").click()
    page.get_by_role("button", name="Resume").wait_for()
    return page


def connection_stopped(stage: Stage) -> Page:
    """Whoever runs the site stopped it."""
    page, codex = stage.window("robin"), stage.program("Codex")
    allow(stage, page, codex)
    stage.site.manage("shell", "--no-imports", "-c", STOP.format(codex.client_id))
    page.goto("/account/connections/")
    page.get_by_role("heading").get_by_role("link", name="Codex", exact=True).first.click()
    return at(page, "Codex")


def connection_changed_tools(stage: Stage) -> Page:
    page, goose = stage.window("robin"), stage.program("Goose")
    allow(stage, page, goose)
    stage.change_tools(goose.client_id)
    page.goto("/account/connections/")
    page.get_by_role("heading").get_by_role("link", name="Goose", exact=True).first.click()
    return at(page, "Goose")


def connection_revoke(stage: Stage) -> Page:
    page = connection(stage)
    page.get_by_role("link", name="Revoke").click()
    return at(page, "Revoke Claude")


def connection_revoked(stage: Stage) -> Page:
    page = connection_revoke(stage)
    page.get_by_role("button", name="Revoke").click()
    return at(page, "Connected apps")


def linked_accounts(stage: Stage) -> Page:
    page = stage.window("robin")
    page.goto("/account/upstream/")
    return at(page, "Linked accounts")


def link_for_an_app(stage: Stage) -> Page:
    """A tool that an app called needs an account which is not linked yet: its answer has the way to link one."""
    claude, page = stage.program("Claude"), stage.window("robin")
    allow(stage, page, claude)
    (answer,) = _call(claude, ("github_profile", {}))
    path = re.search(r"/account/upstream/for/[^\s)\"\\]+", answer)
    assert path is not None, answer
    page.goto(path[0])
    return at(page, "Link GitHub?")


def connect(stage: Stage) -> Page:
    """Robin's window, after three programs were connected and used."""
    page = stage.window("robin")
    if stage.has_apps:
        return page
    stage.has_apps = True
    editor, cursor, claude = map(stage.program, ("Visual Studio Code", "Cursor", "Claude"))
    allow(stage, page, editor, "Allow, reading only")
    _call(editor, ("search_notes", {"text": "invoice"}))
    allow(stage, page, cursor)
    allow(stage, page, claude)
    _call(
        claude,
        ("add_note", {"text": "Ask about the invoice"}),
        ("list_notes", {}),
        ("divide", {"a": 1, "b": 0}),
    )
    return page


def allow(stage: Stage, page: Page, program: Program, button: str = "Allow") -> None:
    """Connect a program in this window, with everything."""
    page.goto(stage.address(program.request(EVERYTHING)))
    page.get_by_role("button", name=button, exact=True).click()
    at(page, "You can close this page")
    program.token()


def _call(program: Program, *calls: tuple[str, dict[str, Any]]) -> list[str]:
    """What the tools answer, as text."""
    wire = Wire(program.base_url, program.tokens["access_token"])
    with closing(wire.http):
        return [wire.call(tool, None, **arguments).text for tool, arguments in calls]


WAYS = [
    connections,
    connection,
    connection_paused,
    connection_stopped,
    connection_changed_tools,
    connection_revoke,
    connection_revoked,
    linked_accounts,
    link_for_an_app,
]
