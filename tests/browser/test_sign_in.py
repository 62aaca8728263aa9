"""A person says who they are in the middle of an authorization request, and gets back into exactly that request."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import ProgramOf, WindowOf


def choose_the_provider(page: Page) -> None:
    """From the sign-in page to the provider's own."""
    page.get_by_role("link", name="Continue with Example ID").click()
    page.get_by_role("button", name="Continue").click()


def sign_in_there(page: Page, username: str) -> None:
    """What the provider asks: a name and a password, and whether the site may know them."""
    page.get_by_placeholder("Enter any login").fill(username)
    page.get_by_placeholder("and password").fill("its own password")
    page.get_by_role("button", name="Sign-in").click()
    page.get_by_role("button", name="Continue").click()


def test_signing_in_at_the_provider_leads_back_into_the_same_request(window: WindowOf, program: ProgramOf) -> None:
    claude, page = program("Claude"), window()
    asked = claude.request()
    page.goto(asked)
    choose_the_provider(page)
    sign_in_there(page, "kim")

    expect(page.get_by_role("heading", level=1)).to_contain_text("Claude")
    assert page.url == asked
    expect(page.get_by_role("navigation")).to_contain_text("kim")


def test_who_signed_in_at_the_provider_can_connect_a_program(window: WindowOf, program: ProgramOf) -> None:
    claude, page = program("Claude"), window()
    page.goto(claude.request())
    choose_the_provider(page)
    sign_in_there(page, "noor")
    page.get_by_role("button", name="Allow", exact=True).click()

    expect(page.get_by_role("heading")).to_have_text("You can close this page")
    claude.token()
    assert "greet" in claude.tools()
