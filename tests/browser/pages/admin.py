"""What operators see in Django's admin, on a site that people use."""

from collections.abc import Callable

from playwright.sync_api import Page

from tests.browser.pages.connections import allow, connect
from tests.browser.stage import Stage, new_name


def admin_overview(stage: Stage) -> Page:
    return _opened(stage, "")


def admin_clients(stage: Stage) -> Page:
    return _opened(stage, "oauth_bridge/client/")


def admin_client(stage: Stage) -> Page:
    return _first(admin_clients(stage))


def admin_connections(stage: Stage) -> Page:
    return _opened(stage, "oauth_bridge/connection/")


def admin_connection(stage: Stage) -> Page:
    return _first(admin_connections(stage))


def admin_sight(stage: Stage) -> Page:
    page = admin_connection(stage)
    page.get_by_role("link", name="What would this user see").click()
    page.get_by_role("heading", name="Given").wait_for()
    return page


def admin_ledger(stage: Stage) -> Page:
    return _opened(stage, "mcp_endpoint/toolcall/")


def admin_attempts(stage: Stage) -> Page:
    return _opened(stage, "oauth_bridge/connectionattempt/")


def admin_attempt(stage: Stage) -> Page:
    return _first(admin_attempts(stage))


def admin_doctor(stage: Stage) -> Page:
    return _opened(stage, "mcpsite/doctor/")


def admin_users(stage: Stage) -> Page:
    return _opened(stage, "accounts/user/")


def admin_connection_of_long_name(stage: Stage) -> Page:
    """A client's name is its own choice: here one word, as long as a name may be."""
    page, program = connect(stage), stage.program(new_name("Assistant" * 20))
    allow(stage, page, program)
    return admin_connection(stage)


def _opened(stage: Stage, path: str) -> Page:
    """The operator's window, after robin connected and used some apps."""
    connect(stage)
    page = stage.window(stage.operator())
    page.goto(f"/admin/{path}")
    page.locator("#content").wait_for()
    return page


def _first(page: Page) -> Page:
    """The page of the first row of a list."""
    page.locator("#result_list tbody th a").first.click()
    page.locator("body.change-form").wait_for()
    return page


WAYS: list[Callable[[Stage], Page]] = [
    admin_overview,
    admin_clients,
    admin_client,
    admin_connections,
    admin_connection,
    admin_sight,
    admin_ledger,
    admin_attempts,
    admin_attempt,
    admin_connection_of_long_name,
    admin_doctor,
    admin_users,
]
