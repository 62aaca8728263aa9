"""The page on which a person decides what a client may do."""

from playwright.sync_api import Page

from tests.browser.stage import Stage


def consent(stage: Stage) -> Page:
    page = stage.window("alex")
    page.goto(stage.address(stage.program("Claude").request()))
    return page


WAYS = [consent]
