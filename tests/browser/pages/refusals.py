"""Pages that say why something did not happen, and what to do now."""

from playwright.sync_api import Page

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


WAYS = [not_found, unknown_client, wrong_redirect, form_not_accepted]
