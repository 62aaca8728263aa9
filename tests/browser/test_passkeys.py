"""Passkeys, with an authenticator that Chromium itself pretends to have."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import ProgramOf, WindowOf, sign_in

AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def context_options() -> dict[str, bool]:
    """Browsers use passkeys in scripts only."""
    return {"java_script_enabled": True}


@pytest.fixture
def page(window: WindowOf) -> Page:
    """Dave's page on his passkeys, in a browser that can make one."""
    page = window()
    devices = page.context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    devices.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    page.goto("/accounts/2fa/webauthn/add/")
    sign_in(page, "dave")
    expect(page.get_by_role("heading", level=1)).to_have_text("Add a passkey")
    return page


def test_a_passkey_opens_the_account_without_a_password(page: Page, program: ProgramOf) -> None:
    claude = program("Claude")
    page.locator("input[name=name]").fill("This laptop")
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Add it").click()
    expect(page.get_by_role("heading", level=1)).not_to_have_text("Add a passkey")
    page.get_by_role("button", name="Sign out").click()
    page.goto(claude.request())
    page.get_by_role("button", name="Sign in with a passkey").click()

    expect(page.get_by_role("heading", level=1)).to_contain_text("Claude")
    expect(page.get_by_role("navigation")).to_contain_text("dave")
    assert page.url == claude.request()
