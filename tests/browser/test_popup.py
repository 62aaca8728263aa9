"""A client in the browser opens sign-in and consent in a popup, and hears from it when that is done."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import ProgramOf, WindowOf, sign_in
from tests.browser.origin import Origin

CLIENT_PAGE = """<!doctype html><html lang="en"><title>Client</title><button>Connect</button><output></output>
<script>
document.querySelector("button").onclick = () => window.open(new URL(location).searchParams.get("url"), "", "popup");
addEventListener("message", (event) => { document.querySelector("output").textContent = event.data });
</script></html>"""


@pytest.fixture
def context_options() -> dict[str, bool]:
    """A popup needs a script that opens it."""
    return {"java_script_enabled": True}


@pytest.fixture
def client_page() -> Iterator[Origin]:
    with Origin() as origin:
        origin.pages["/"] = CLIENT_PAGE
        yield origin


def test_the_window_that_opened_the_popup_gets_the_code(
    window: WindowOf, program: ProgramOf, client_page: Origin
) -> None:
    page, chatgpt = window(), program("ChatGPT")
    page.goto(client_page.url)
    page.get_by_role("button").evaluate(
        "(button, url) => { button.onclick = () => window.open(url, '', 'popup') }", chatgpt.request()
    )
    with page.expect_popup() as opened:
        page.get_by_role("button", name="Connect").click()
    sign_in(opened.value)
    opened.value.get_by_role("button", name="Allow", exact=True).click()

    expect(page.get_by_role("status")).to_contain_text("code=")
