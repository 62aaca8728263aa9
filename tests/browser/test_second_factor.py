"""An account that a password alone does not open."""

import secrets

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import ProgramOf, WindowOf, sign_in
from tests.browser.one_time_code import one_time_code
from tests.browser.program import Program
from tests.conftest import PASSWORD
from tests.live import LiveServer


@pytest.fixture
def claude(program: ProgramOf) -> Program:
    return program("Claude")


@pytest.fixture
def newcomer(site: LiveServer) -> str:
    """Somebody whose account has a password only."""
    name = f"newcomer{secrets.token_hex(4)}"
    site.create_user(name, PASSWORD, email=f"{name}@example.org")
    return name


@pytest.fixture
def page(window: WindowOf, newcomer: str) -> Page:
    """The newcomer's page on the second factor."""
    page = window()
    page.goto("/accounts/2fa/")
    sign_in(page, newcomer)
    expect(page.get_by_role("heading", level=1)).to_have_text("Second factor")
    return page


def set_up_the_app(page: Page) -> str:
    """Set up an authenticator app; its secret."""
    page.get_by_role("link", name="Set it up").click()
    secret = page.locator("code.secret").inner_text()
    page.locator("input[name=code]").fill(one_time_code(secret))
    page.get_by_role("button", name="Switch it on").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Recovery codes")
    return secret


def come_again(page: Page, claude: Program, username: str) -> None:
    """Sign out, and come back by a program's request up to the second step."""
    page.get_by_role("button", name="Sign out").click()
    page.goto(claude.request())
    sign_in(page, username)
    expect(page.get_by_role("heading", level=1)).to_have_text("Second step")


def is_asked(page: Page, claude: Program) -> None:
    """Whether they stand before what the program asked for."""
    expect(page.get_by_role("heading", level=1)).to_contain_text("Claude")
    assert page.url == claude.request()


def test_the_code_of_an_app_leads_on_into_the_request(page: Page, claude: Program, newcomer: str) -> None:
    secret = set_up_the_app(page)
    come_again(page, claude, newcomer)
    # Each code is good once: the one of the setting-up may still be shown.
    page.locator("input[name=code]").fill(one_time_code(secret, after=1))
    page.get_by_role("button", name="Sign in", exact=True).click()

    is_asked(page, claude)


def test_a_wrong_code_leads_nowhere(page: Page, claude: Program, newcomer: str) -> None:
    set_up_the_app(page)
    come_again(page, claude, newcomer)
    page.locator("input[name=code]").fill("000000")
    page.get_by_role("button", name="Sign in", exact=True).click()

    expect(page.locator(".errorlist")).to_be_visible()
    page.goto(claude.request())
    expect(page.get_by_role("heading", level=1)).to_have_text("Second step")


def test_a_recovery_code_leads_on_into_the_request(page: Page, claude: Program, newcomer: str) -> None:
    set_up_the_app(page)
    spare = page.locator(".codes code").first.inner_text()
    come_again(page, claude, newcomer)
    page.locator("input[name=code]").fill(spare)
    page.get_by_role("button", name="Sign in", exact=True).click()

    is_asked(page, claude)
