"""A person says who they are in the middle of an authorization request, and gets back into exactly that request."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.at_the_provider import sign_in_there
from tests.browser.conftest import ProgramOf, WindowOf
from tests.browser.mailbox import Mailbox
from tests.browser.program import Program


@pytest.fixture
def claude(program: ProgramOf) -> Program:
    return program("Claude")


@pytest.fixture
def page(window: WindowOf, claude: Program) -> Page:
    """The sign-in page, where a program's request led."""
    page = window()
    page.goto(claude.request())
    return page


def choose_the_provider(page: Page) -> None:
    page.get_by_role("button", name="Continue with Example ID").click()


def arrived(page: Page, claude: Program, name: str) -> None:
    """Whether this person is asked what the program asked for."""
    expect(page.get_by_role("heading", level=1)).to_contain_text("Claude")
    expect(page.get_by_role("navigation")).to_contain_text(name)
    assert page.url == claude.request()


def test_signing_in_at_the_provider_leads_back_into_the_same_request(page: Page, claude: Program) -> None:
    choose_the_provider(page)
    sign_in_there(page, "kim")

    arrived(page, claude, "kim")


def test_who_signed_in_at_the_provider_can_connect_a_program(page: Page, claude: Program) -> None:
    choose_the_provider(page)
    sign_in_there(page, "noor")
    page.get_by_role("button", name="Allow", exact=True).click()

    expect(page.get_by_role("heading")).to_have_text("You can close this page")
    claude.token()
    assert "greet" in claude.tools()


def test_who_changes_their_mind_at_the_provider_can_go_back_into_the_request(page: Page, claude: Program) -> None:
    choose_the_provider(page)
    page.get_by_role("link", name="Cancel").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign-in cancelled")
    page.get_by_role("link", name="Try again").click()
    choose_the_provider(page)
    sign_in_there(page, "lee")

    arrived(page, claude, "lee")


def test_who_signs_up_by_mail_goes_on_with_the_request(page: Page, claude: Program, mailbox: Mailbox) -> None:
    name = f"mika{claude.origin.port}"
    page.get_by_role("link", name="Sign up").click()
    page.locator("input[name=username]").fill(name)
    page.locator("input[name=email]").fill(f"{name}@example.org")
    page.locator("input[name=password1]").fill("a passphrase of mika")
    page.locator("input[name=password2]").fill("a passphrase of mika")
    page.get_by_role("button", name="Sign up").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Enter the code")
    page.locator("input[name=code]").fill(mailbox.code(f"{name}@example.org"))
    page.get_by_role("button", name="Go on").click()

    arrived(page, claude, name)
