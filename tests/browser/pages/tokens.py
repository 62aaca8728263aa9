"""Tokens that people make for scripts of their own."""

from playwright.sync_api import Page

from tests.browser.stage import Stage


def personal_tokens(stage: Stage) -> Page:
    page = stage.window("alex")
    page.goto("/account/tokens/")
    return page


def personal_token_made(stage: Stage) -> Page:
    page = personal_tokens(stage)
    page.get_by_label("Name").fill("Backup on the home server")
    page.get_by_role("checkbox").first.check()
    page.get_by_role("button", name="Make the token").click()
    page.get_by_role("heading", name="Your new token").wait_for()
    return page


WAYS = [personal_tokens, personal_token_made]
