"""A device that has no browser shows a code, and its person answers in theirs."""

from collections.abc import Iterator
from contextlib import closing

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import WindowOf, sign_in
from tests.clients.television import Television
from tests.live import LiveServer


@pytest.fixture
def television(site: LiveServer) -> Iterator[Television]:
    shown = Television(site.url)
    with closing(shown.http):
        yield shown


def type_the_code(page: Page, television: Television) -> None:
    page.goto("/device")
    page.get_by_label("Code on your device").fill(television.codes["user_code"].lower())
    page.get_by_role("button", name="Continue").click()
    sign_in(page)
    page.get_by_role("button", name="Continue").click()


def test_a_typed_code_connects_the_device(window: WindowOf, television: Television) -> None:
    page = window()
    type_the_code(page, television)
    page.get_by_role("button", name="Allow", exact=True).click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Your device is connected")
    assert television.ask().json()["access_token"]


def test_a_code_in_a_link_is_shown_again_before_it_counts(window: WindowOf, television: Television) -> None:
    page = window()
    page.goto(television.codes["verification_uri_complete"])

    expect(page.get_by_label("Code on your device")).to_have_value(television.codes["user_code"])
    assert television.ask().json()["error"] == "authorization_pending"


def test_the_code_is_approved_in_another_browser_than_the_one_that_shows_it(
    window: WindowOf, television: Television
) -> None:
    screen, phone = window(), window()
    screen.set_content(f"<h1>{television.codes['user_code']}</h1>")
    phone.goto("/device")
    phone.get_by_label("Code on your device").fill(screen.get_by_role("heading").inner_text())
    phone.get_by_role("button", name="Continue").click()
    sign_in(phone, "bob")
    phone.get_by_role("button", name="Continue").click()
    expect(phone.get_by_text(television.codes["user_code"])).to_be_visible()
    phone.get_by_role("button", name="Allow", exact=True).click()

    expect(phone.get_by_role("heading", level=1)).to_have_text("Your device is connected")
    assert television.ask().json()["access_token"]


def test_denying_tells_the_device(window: WindowOf, television: Television) -> None:
    page = window()
    type_the_code(page, television)
    page.get_by_role("button", name="Deny").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing was allowed")
    assert television.ask().json()["error"] == "access_denied"
