"""The page on which a person decides what a client may do."""

from contextlib import closing

from playwright.sync_api import Page

from tests.browser.pages.heading import at
from tests.browser.program import Program
from tests.browser.stage import Stage
from tests.clients.app import App, Pkce

EVERYTHING = "mcp notes:read notes:write github:profile"
APPROVE = "from oauth_bridge.models import Client; Client.objects.filter(client_id={!r}).update(trust='approved')"


def consent_approved_client(stage: Stage) -> Page:
    """A service on the web that the operator vouches for."""
    claude = _registered(stage, "Claude", "https://claude.ai/api/mcp/auth_callback")
    stage.site.manage("shell", "--no-imports", "-c", APPROVE.format(claude.client_id))
    return _asked(stage, claude)


def consent_program(stage: Stage) -> Page:
    """A program that waits at a loopback address."""
    return _asked(stage, stage.program("Visual Studio Code"))


def consent_application(stage: Stage) -> Page:
    """An application that claims links of its own scheme."""
    return _asked(stage, _registered(stage, "Cursor", "cursor://anysphere.cursor-mcp/oauth/callback"))


def consent_for_more(stage: Stage) -> Page:
    """A client that is connected asks for something new."""
    inspector = stage.program("MCP Inspector")
    page = _asked(stage, inspector)
    page.get_by_role("checkbox", name="Add and delete your notes").uncheck()
    page.get_by_role("radio", name="For 30 days").check()
    page.get_by_role("button", name="Allow", exact=True).click()
    at(page, "You can close this page")
    page.goto(stage.address(inspector.request(EVERYTHING)))
    return at(page, "Allow MCP Inspector")


def consent_asked_again(stage: Stage) -> Page:
    """The answer came from a page that was out of date."""
    page = _asked(stage, stage.program("Zed"))
    other_tab = page.context.new_page()
    other_tab.goto(page.url)
    other_tab.get_by_role("checkbox", name="Add and delete your notes").uncheck()
    other_tab.get_by_role("button", name="Allow", exact=True).click()
    at(other_tab, "You can close this page")
    page.get_by_role("button", name="Allow", exact=True).click()
    page.get_by_role("alert").wait_for()
    return page


def consent_for_changed_tools(stage: Stage) -> Page:
    """A client that is connected asks again, and its tools are not what they were."""
    windsurf = stage.program("Windsurf")
    page = _asked(stage, windsurf)
    page.get_by_role("button", name="Allow", exact=True).click()
    at(page, "You can close this page")
    stage.change_tools(windsurf.client_id)
    page.goto(stage.address(windsurf.request(EVERYTHING)))
    return at(page, "Allow Windsurf")


def going_back_to_app(stage: Stage) -> Page:
    """No application of that scheme is there to take over from the browser."""
    page = consent_application(stage)
    page.get_by_role("button", name="Allow", exact=True).click()
    return at(page, "Going back to Cursor")


def going_back_to_site(stage: Stage) -> Page:
    """The client's site is slow to answer."""
    page = consent_approved_client(stage)
    page.route("https://claude.ai/**", lambda route: route.fulfill(status=204))
    page.get_by_role("button", name="Deny").click()
    return at(page, "Going back to Claude")


def _registered(stage: Stage, name: str, redirect_uri: str) -> App:
    app = App(stage.site.url, name, redirect_uri)
    with closing(app.http):
        return app


def _asked(stage: Stage, app: App) -> Page:
    """The page that alex gets to."""
    page = stage.window("alex")
    asked = app.request(EVERYTHING) if isinstance(app, Program) else app.authorization_url(Pkce(), EVERYTHING)
    page.goto(stage.address(asked))
    return at(page, "Allow ")


WAYS = [
    consent_approved_client,
    consent_program,
    consent_application,
    consent_for_more,
    consent_for_changed_tools,
    consent_asked_again,
    going_back_to_app,
    going_back_to_site,
]
