"""What a person does on the pages of the OpenID provider."""

from playwright.sync_api import Page


def sign_in_there(page: Page, username: str) -> None:
    """Give the name and a password, and agree that the site may know who they are."""
    page.get_by_placeholder("Enter any login").fill(username)
    page.get_by_placeholder("and password").fill("its own password")
    page.get_by_role("button", name="Sign-in").click()
    page.get_by_role("button", name="Continue").click()
