"""The home page, and the way in."""

from playwright.sync_api import Page

from tests.browser.conftest import sign_in as fill_in
from tests.browser.stage import Stage


def home(stage: Stage) -> Page:
    page = stage.window()
    page.goto("/")
    return page


def sign_in(stage: Stage) -> Page:
    page = stage.window()
    page.goto("/accounts/login/")
    return page


def sign_in_failed(stage: Stage) -> Page:
    page = stage.window()
    page.goto("/accounts/login/")
    fill_in(page, "alex", "not the password")
    page.get_by_text("not correct").wait_for()
    return page


def sign_in_by_provider(stage: Stage) -> Page:
    page = stage.window()
    page.goto("/accounts/login/")
    page.get_by_role("link", name="Continue with Example ID").click()
    page.get_by_role("heading", name="Continue with Example ID").wait_for()
    return page


def sign_in_cancelled(stage: Stage) -> Page:
    page = sign_in_by_provider(stage)
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("link", name="Cancel").click()
    page.get_by_role("heading", name="Sign-in cancelled").wait_for()
    return page


def sign_up(stage: Stage) -> Page:
    page = stage.window()
    page.goto("/accounts/signup/")
    return page


def sign_up_failed(stage: Stage) -> Page:
    page = sign_up(stage)
    page.locator("input[name=username]").fill("alex")
    page.locator("input[name=password1]").fill("12345")
    page.locator("input[name=password2]").fill("12345")
    page.get_by_role("button", name="Sign up").click()
    page.locator(".errorlist").first.wait_for()
    return page


def password_reset(stage: Stage) -> Page:
    page = stage.window()
    page.goto("/accounts/password/reset/")
    return page


def sign_out(stage: Stage) -> Page:
    page = stage.window("alex")
    page.goto("/accounts/logout/")
    return page


WAYS = [
    home,
    sign_in,
    sign_in_failed,
    sign_in_by_provider,
    sign_in_cancelled,
    sign_up,
    sign_up_failed,
    password_reset,
    sign_out,
]
