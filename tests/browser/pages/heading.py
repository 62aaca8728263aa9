"""Arriving at a page."""

from playwright.sync_api import Page


def at(page: Page, heading: str) -> Page:
    """The page, as soon as it is the one with this heading."""
    page.get_by_role("heading", level=1, name=heading).wait_for()
    return page
