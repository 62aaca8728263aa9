"""Pages of the admin that nobody thought of: whatever its front page leads to."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.axe import violations
from tests.browser.looks import LOOKS
from tests.browser.mailbox import Mailbox
from tests.browser.pages.admin import admin_overview
from tests.browser.stage import Stage
from tests.live import LiveServer


@pytest.fixture
def stage(browser: Browser, site: LiveServer, mailbox: Mailbox) -> Iterator[Stage]:
    with Stage(browser, site, mailbox) as made:
        yield made


def test_axe_finds_nothing_wherever_the_front_page_leads(stage: Stage) -> None:
    page = admin_overview(stage)
    links = page.locator("#content-main table a").evaluate_all("links => links.map(link => link.pathname)")
    assert {"/admin/oauth_bridge/client/", "/admin/oauth_bridge/client/add/"} <= set(links)

    found = []
    for path in sorted(set(links)):
        page.goto(path)
        assert page.get_by_role("heading", level=1).count() == 1, path
        for look in LOOKS:
            look.put_on(page)
            found += [f"{path} {look.name}: {violation}" for violation in violations(page)]
    assert not found, "\n".join(found)
