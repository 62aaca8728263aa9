"""A person decides what a program may do, and the program gets that and nothing else."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import ProgramOf, WindowOf, sign_in
from tests.browser.program import Program

EVERYTHING = "mcp notes:read notes:write"
WRITING = "Add and delete your notes"


@pytest.fixture
def claude(program: ProgramOf) -> Program:
    return program("Claude")


@pytest.fixture
def page(window: WindowOf, claude: Program) -> Page:
    """The consent page for all that there is, which alice came to."""
    page = window()
    page.goto(claude.request(EVERYTHING))
    sign_in(page)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Claude")
    return page


def press(page: Page, button: str) -> None:
    """Answer, and arrive at the program."""
    page.get_by_role("button", name=button, exact=True).click()
    expect(page.get_by_role("heading")).to_have_text("You can close this page")


def tools_behind_ticked_boxes(page: Page) -> set[str]:
    return set(page.locator(".scopes > li:has(input:checked) .tools strong").all_text_contents())


def test_allowing_gives_the_program_the_tools_that_the_page_shows(page: Page, claude: Program) -> None:
    shown = tools_behind_ticked_boxes(page)
    press(page, "Allow")

    claude.token()
    assert claude.tools() == shown
    assert {"greet", "list_notes", "delete_note"} <= shown


def test_denying_sends_the_browser_back_without_a_code(page: Page, claude: Program) -> None:
    press(page, "Deny")

    assert [back["error"] for back in claude.answers] == ["access_denied"]


def test_what_is_unticked_is_not_granted(page: Page, claude: Program) -> None:
    page.get_by_role("checkbox", name=WRITING).uncheck()
    shown = tools_behind_ticked_boxes(page)
    press(page, "Allow")

    claude.token()
    assert claude.tools() == shown
    assert "list_notes" in shown
    assert "add_note" not in shown
    assert set(claude.tokens["scope"].split()) == {"mcp", "notes:read"}


def test_nothing_ticked_is_denied(page: Page, claude: Program) -> None:
    for box in page.get_by_role("checkbox").all():
        box.uncheck()
    press(page, "Allow")

    assert [back["error"] for back in claude.answers] == ["access_denied"]


def test_reading_only_is_one_click(page: Page, claude: Program) -> None:
    press(page, "Allow, reading only")

    claude.token()
    tools = claude.tools()
    assert "list_notes" in tools
    assert not {"add_note", "delete_note"} & tools


def test_a_program_that_asks_for_more_is_shown_with_what_is_new(page: Page, claude: Program) -> None:
    page.get_by_role("checkbox", name=WRITING).uncheck()
    press(page, "Allow")
    page.goto(claude.request(EVERYTHING))

    expect(page.locator(".note")).to_contain_text("connected already")
    expect(page.locator("label", has_text="new")).to_have_text([f"{WRITING} new"])


def test_the_time_that_was_chosen_is_kept(page: Page, claude: Program) -> None:
    page.get_by_role("radio", name="For 24 hours").check()
    press(page, "Allow")
    page.goto(claude.request(EVERYTHING))

    expect(page.locator(".note")).to_contain_text("until")
    expect(page.get_by_role("radio", name="For 24 hours")).to_be_checked()


def test_an_answer_to_a_page_that_is_out_of_date_is_asked_again(page: Page, claude: Program) -> None:
    other_tab = page.context.new_page()
    other_tab.goto(claude.request(EVERYTHING))
    other_tab.get_by_role("checkbox", name=WRITING).uncheck()
    press(other_tab, "Allow")
    page.get_by_role("button", name="Allow", exact=True).click()

    expect(page.get_by_role("alert")).to_contain_text("Nothing was allowed yet")
    assert len(claude.answers) == 1


def test_another_account_can_be_used_without_losing_the_request(page: Page, claude: Program) -> None:
    asked = page.url
    page.get_by_role("button", name="Use another account").click()
    sign_in(page, "bob")

    expect(page.get_by_role("navigation")).to_contain_text("bob")
    assert page.url == asked
