"""The way back from the consent page, wherever the client leads on to."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import ProgramOf, WindowOf, sign_in
from tests.browser.origin import Origin

ARRIVED = '<!doctype html><html lang="en"><title>There</title><h1>All done</h1>'


@pytest.fixture
def elsewhere() -> Iterator[Origin]:
    """A site of the client's, of another origin than its callback."""
    with Origin("localhost") as origin:
        origin.pages["/done"] = ARRIVED
        yield origin


@pytest.fixture
def page(window: WindowOf) -> Page:
    return window()


@pytest.mark.parametrize("button", ["Allow", "Allow, reading only", "Deny"])
def test_leads_on_although_the_clients_callback_redirects_to_another_origin(
    page: Page, program: ProgramOf, elsewhere: Origin, button: str
) -> None:
    """Chromium holds the callback's redirect against the form-action of the page that has the form."""
    client = program("Claude")
    client.origin.redirects["/callback"] = f"{elsewhere.url}/done"
    page.goto(client.request())
    sign_in(page)
    page.get_by_role("button", name=button, exact=True).click()
    expect(page.get_by_role("heading")).to_have_text("All done")
    assert len(client.answers) == 1


def test_does_not_tell_the_client_or_its_site_of_the_request(page: Page, program: ProgramOf, elsewhere: Origin) -> None:
    """What the address bar had: the state and the challenge are nobody else's."""
    client = program("Claude")
    page.goto(client.request())
    sign_in(page)
    with page.expect_request(lambda request: request.url.startswith(client.origin.url)) as sent:
        page.get_by_role("button", name="Allow", exact=True).click()
    assert "referer" not in sent.value.headers
