"""What operators see in Django's admin, on a site that people use."""

from collections.abc import Callable

from playwright.sync_api import Page

from tests.browser.pages.connections import allow, connect
from tests.browser.pages.heading import at
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


def admin_connection_revoke(stage: Stage) -> Page:
    """Asked before it ends."""
    page = admin_connection(stage)
    page.get_by_role("button", name="Revoke").click()
    return at(page, "Are you sure?")


def admin_client_new(stage: Stage) -> Page:
    return _opened(stage, "oauth_bridge/client/add/")


def admin_client_secret(stage: Stage) -> Page:
    """Shown once, to who made the client."""
    page = admin_client_new(stage)
    page.get_by_label("Name").fill("Nightly report")
    page.get_by_label("Client type").select_option("Confidential")
    page.get_by_label("Kind").select_option("authorization-code")
    page.get_by_label("Redirect URIs").fill("https://reports.example/callback")
    page.get_by_role("button", name="Save", exact=True).click()
    return at(page, "The secret of this client")


def admin_client_delete(stage: Stage) -> Page:
    page = admin_client(stage)
    page.get_by_role("link", name="Delete").click()
    return at(page, "Delete")


def admin_clients_revoke(stage: Stage) -> Page:
    """Of a whole list."""
    page = admin_clients(stage)
    for box in page.locator("#result_list tbody input[type=checkbox]").all():
        box.check()
    page.locator("select[name=action]").select_option("revoke")
    page.get_by_role("button", name="Go", exact=True).click()
    return at(page, "Are you sure?")


def admin_tokens(stage: Stage) -> Page:
    return _opened(stage, "oauth2_provider/accesstoken/")


def admin_token(stage: Stage) -> Page:
    return _first(admin_tokens(stage))


def admin_sight(stage: Stage) -> Page:
    page = admin_connection(stage)
    page.get_by_role("link", name="What would this user see").click()
    page.get_by_role("heading", name="Given").wait_for()
    return page


def admin_ledger(stage: Stage) -> Page:
    return _opened(stage, "mcp_endpoint/toolcall/")


def admin_call(stage: Stage) -> Page:
    return _first(admin_ledger(stage))


def admin_attempts(stage: Stage) -> Page:
    return _opened(stage, "oauth_bridge/connectionattempt/")


def admin_attempt(stage: Stage) -> Page:
    return _first(admin_attempts(stage))


def admin_doctor(stage: Stage) -> Page:
    return _opened(stage, "mcpsite/doctor/")


def admin_doctor_found(stage: Stage) -> Page:
    """After an examination of this very site."""
    page = admin_doctor(stage)
    page.get_by_role("button", name="Examine").click()
    page.get_by_role("heading", name="What works").wait_for()
    return page


def admin_users(stage: Stage) -> Page:
    return _opened(stage, "accounts/user/")


def admin_user(stage: Stage) -> Page:
    """Of somebody who connected apps."""
    page = admin_users(stage)
    page.get_by_role("link", name="robin", exact=True).click()
    page.locator("body.change-form").wait_for()
    return page


def admin_history(stage: Stage) -> Page:
    """What operators did to a client."""
    page = admin_client(stage)
    page.get_by_role("button", name="Disable").click()
    page.get_by_role("button", name="Enable").click()
    page.get_by_role("button", name="Disable").wait_for()
    page.get_by_role("link", name="History").click()
    return at(page, "Change history")


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
    admin_clients_revoke,
    admin_client,
    admin_client_new,
    admin_client_secret,
    admin_client_delete,
    admin_history,
    admin_connections,
    admin_connection,
    admin_connection_revoke,
    admin_sight,
    admin_tokens,
    admin_token,
    admin_ledger,
    admin_call,
    admin_attempts,
    admin_attempt,
    admin_connection_of_long_name,
    admin_doctor,
    admin_doctor_found,
    admin_users,
    admin_user,
]
