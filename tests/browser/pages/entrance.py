"""The home page, and the way in."""

from playwright.sync_api import Page

from tests.browser.at_the_provider import sign_in_there
from tests.browser.conftest import sign_in as fill_in
from tests.browser.pages.heading import at
from tests.browser.stage import Stage, new_name


def home(stage: Stage) -> Page:
    page = stage.window()
    page.goto("/")
    return page


def sign_in(stage: Stage) -> Page:
    page = stage.window()
    page.goto("/accounts/login/")
    return page


def sign_in_failed(stage: Stage) -> Page:
    page = sign_in(stage)
    fill_in(page, "alex", "not the password")
    page.locator(".errorlist").wait_for()
    return page


def sign_in_by_provider(stage: Stage) -> Page:
    page = stage.window()
    page.goto("/accounts/oidc/oidc/login/")
    return at(page, "Continue with Example ID")


def sign_in_cancelled(stage: Stage) -> Page:
    page = stage.window()
    page.goto(stage.address(stage.program("Claude").request()))
    page.get_by_role("button", name="Continue with Example ID").click()
    page.get_by_role("link", name="Cancel").click()
    return at(page, "Sign-in cancelled")


def sign_in_expired(stage: Stage) -> Page:
    page = stage.window()
    page.goto("/accounts/oidc/oidc/login/callback/?code=old&state=old")
    return at(page, "That took too long")


def account_exists(stage: Stage) -> Page:
    """Somebody comes from the provider with the address of another person's account."""
    page = sign_in(stage)
    page.get_by_role("button", name="Continue with Example ID").click()
    sign_in_there(page, "alex")
    return at(page, "You have an account already")


def sign_up(stage: Stage) -> Page:
    page = stage.window()
    page.goto("/accounts/signup/")
    return page


def sign_up_failed(stage: Stage) -> Page:
    page = sign_up(stage)
    _sign_up(page, "alex", "12345")
    page.locator(".errorlist").first.wait_for()
    return page


def sign_up_code(stage: Stage) -> Page:
    page = sign_up(stage)
    _sign_up(page, new_name("morgan"), "a passphrase of morgan")
    return at(page, "Enter the code")


def password_reset(stage: Stage) -> Page:
    page = stage.window()
    page.goto("/accounts/password/reset/")
    return at(page, "Reset your password")


def password_reset_code(stage: Stage) -> Page:
    page = password_reset(stage)
    page.locator("input[name=email]").fill("robin@example.org")
    page.get_by_role("button", name="Send").click()
    return at(page, "Enter the code")


def password_reset_new(stage: Stage) -> Page:
    page = password_reset_code(stage)
    page.locator("input[name=code]").fill(stage.mailbox.code("robin@example.org"))
    page.get_by_role("button", name="Go on").click()
    page.locator("input[name=password1]").wait_for()
    return page


def second_step(stage: Stage) -> Page:
    page = stage.window()
    page.goto("/accounts/login/")
    fill_in(page, stage.careful_person())
    return at(page, "Second step")


def sign_out(stage: Stage) -> Page:
    page = stage.window("alex")
    page.goto("/accounts/logout/")
    return at(page, "Sign out")


def _sign_up(page: Page, name: str, password: str) -> None:
    page.locator("input[name=username]").fill(name)
    page.locator("input[name=email]").fill(f"{name}@example.org")
    page.locator("input[name=password1]").fill(password)
    page.locator("input[name=password2]").fill(password)
    page.get_by_role("button", name="Sign up").click()


WAYS = [
    home,
    sign_in,
    sign_in_failed,
    sign_in_by_provider,
    sign_in_cancelled,
    sign_in_expired,
    account_exists,
    sign_up,
    sign_up_failed,
    sign_up_code,
    password_reset,
    password_reset_code,
    password_reset_new,
    second_step,
    sign_out,
]
