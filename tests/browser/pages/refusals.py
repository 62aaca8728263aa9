"""Pages that say why something did not happen, and what to do now."""

from playwright.sync_api import Page

from tests.browser.pages.heading import at
from tests.browser.stage import Stage


def not_found(stage: Stage) -> Page:
    page = stage.window()
    page.goto("/no/such/page")
    return page


def unknown_client(stage: Stage) -> Page:
    page = stage.window("alex")
    page.goto("/authorize?response_type=code&client_id=gone&redirect_uri=https%3A%2F%2Fapp.example%2Fcallback")
    return page


def wrong_redirect(stage: Stage) -> Page:
    page = stage.window("alex")
    asked = stage.program("Claude").request()
    page.goto(stage.address(asked.replace("callback", "elsewhere")))
    return page


def form_not_accepted(stage: Stage) -> Page:
    page = stage.window("alex")
    page.goto("/account/tokens/")
    page.context.clear_cookies(name="csrftoken")
    page.get_by_label("Name").fill("Backup")
    page.get_by_role("button", name="Make the token").click()
    page.get_by_role("heading", name="That form was not accepted").wait_for()
    return page


def makes_no_sense(stage: Stage) -> Page:
    return at(_sent(stage, "fails/400"), "That request made no sense")


def not_allowed(stage: Stage) -> Page:
    return _sent(stage, "fails/403")


def too_often(stage: Stage) -> Page:
    return at(_sent(stage, "too-often"), "Too many tries")


def fault(stage: Stage) -> Page:
    return at(_sent(stage, "fails/500"), "Something went wrong here")


def sign_up_closed(stage: Stage) -> Page:
    return at(_sent(stage, "turned-away/closed-to-passwords"), "Sign-up is closed")


def sign_up_closed_to_provider(stage: Stage) -> Page:
    return at(_sent(stage, "turned-away/closed"), "Sign-up is closed")


def sign_up_not_invited(stage: Stage) -> Page:
    return at(_sent(stage, "turned-away/invited"), "You cannot sign up")


def sign_up_other_domain(stage: Stage) -> Page:
    return at(_sent(stage, "turned-away/domains"), "You cannot sign up")


def _sent(stage: Stage, path: str) -> Page:
    """A stranger's window, at one of tests/browser/urls.py."""
    page = stage.window()
    page.goto(f"/stage/{path}/")
    return page


WAYS = [
    not_found,
    unknown_client,
    wrong_redirect,
    form_not_accepted,
    makes_no_sense,
    not_allowed,
    too_often,
    fault,
    sign_up_closed,
    sign_up_closed_to_provider,
    sign_up_not_invited,
    sign_up_other_domain,
]
