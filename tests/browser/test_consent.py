"""A person decides what a program may do, and the program gets that and nothing else."""

from playwright.sync_api import expect

from tests.browser.conftest import ProgramOf, WindowOf, sign_in


def test_allowing_sends_the_browser_back_with_a_code(window: WindowOf, program: ProgramOf) -> None:
    claude, page = program("Claude"), window()
    page.goto(claude.request())
    sign_in(page)
    page.get_by_role("button", name="Allow", exact=True).click()

    expect(page.get_by_role("heading")).to_have_text("You can close this page")
    assert claude.token()
    assert "greet" in claude.tools()


def test_denying_sends_it_back_without_one(window: WindowOf, program: ProgramOf) -> None:
    claude, page = program("Claude"), window()
    page.goto(claude.request())
    sign_in(page)
    page.get_by_role("button", name="Deny").click()

    expect(page.get_by_role("heading")).to_have_text("You can close this page")
    assert [back["error"] for back in claude.answers] == ["access_denied"]
