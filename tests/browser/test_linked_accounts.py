"""A person lends tools an account that they have elsewhere, and takes it back."""

from playwright.sync_api import expect

from tests.browser.at_the_provider import sign_in_there
from tests.browser.conftest import WindowOf, sign_in


def test_an_account_is_linked_at_the_provider_and_unlinked_here(window: WindowOf) -> None:
    page = window()
    page.goto("/account/upstream/")
    sign_in(page, "carol")
    page.get_by_role("button", name="Link Example ID").click()
    sign_in_there(page, "carol-elsewhere")
    there = page.get_by_role("region", name="Example ID")
    expect(there.get_by_role("heading")).to_have_text("Example ID Linked")
    expect(there).to_contain_text("carol-elsewhere")
    page.get_by_role("button", name="Unlink Example ID").click()

    expect(there.get_by_role("button", name="Link Example ID")).to_be_visible()
    expect(there).not_to_contain_text("carol-elsewhere")


def test_who_changes_their_mind_at_the_provider_has_linked_nothing(window: WindowOf) -> None:
    page = window()
    page.goto("/account/upstream/")
    sign_in(page, "carol")
    page.get_by_role("button", name="Link Example ID").click()
    page.get_by_role("link", name="Cancel").click()

    expect(page.get_by_role("status")).to_contain_text("Nothing was linked")
    expect(page.get_by_role("button", name="Link Example ID")).to_be_visible()
