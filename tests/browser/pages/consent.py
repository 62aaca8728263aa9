"""The page on which a person decides what a client may do."""

from playwright.sync_api import Page

from tests.browser.pages.heading import at
from tests.browser.stage import Stage

EVERYTHING = "mcp notes:read notes:write"


def consent(stage: Stage) -> Page:
    page = stage.window("alex")
    page.goto(stage.address(stage.program("Claude").request(EVERYTHING)))
    return at(page, "Allow Claude")


def consent_for_more(stage: Stage) -> Page:
    """A client that is connected asks for something new."""
    claude = stage.program("Claude")
    page = stage.window("alex")
    page.goto(stage.address(claude.request(EVERYTHING)))
    page.get_by_role("checkbox", name="Add and delete your notes").uncheck()
    page.get_by_role("radio", name="For 30 days").check()
    page.get_by_role("button", name="Allow", exact=True).click()
    at(page, "You can close this page")
    page.goto(stage.address(claude.request(EVERYTHING)))
    return at(page, "Allow Claude")


def consent_asked_again(stage: Stage) -> Page:
    """The answer came from a page that was out of date."""
    claude = stage.program("Claude")
    page = stage.window("alex")
    page.goto(stage.address(claude.request(EVERYTHING)))
    other_tab = page.context.new_page()
    other_tab.goto(page.url)
    other_tab.get_by_role("button", name="Allow, reading only").click()
    at(other_tab, "You can close this page")
    page.get_by_role("button", name="Allow", exact=True).click()
    page.get_by_role("alert").wait_for()
    return page


WAYS = [consent, consent_for_more, consent_asked_again]
