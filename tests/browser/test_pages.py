"""Every page, in every look: nobody is shut out, and nothing is cut off."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.axe import violations
from tests.browser.looks import LOOKS
from tests.browser.mailbox import Mailbox
from tests.browser.pages import PAGES
from tests.browser.stage import Stage
from tests.live import LiveServer


@pytest.fixture(scope="session")
def stage(browser: Browser, site: LiveServer, mailbox: Mailbox) -> Iterator[Stage]:
    with Stage(browser, site, mailbox) as made:
        yield made


@pytest.fixture(scope="session")
def stage_without_scripts(browser: Browser, site: LiveServer, mailbox: Mailbox) -> Iterator[Stage]:
    with Stage(browser, site, mailbox, scripts=False) as made:
        yield made


@pytest.fixture(scope="module", params=PAGES)
def page(request: pytest.FixtureRequest, stage: Stage) -> Iterator[Page]:
    """Each page in turn."""
    with stage:
        yield PAGES[request.param](stage)


def test_axe_sees_what_is_wrong(browser: Browser) -> None:
    with browser.new_page() as page:
        page.set_content("<html lang=en><title>A picture</title><main><h1>A picture</h1><img src='/icon.svg'></main>")

        assert [line.partition(":")[0] for line in violations(page)] == ["image-alt"]


def test_axe_finds_nothing(page: Page) -> None:
    found = []
    for look in LOOKS:
        look.put_on(page)
        found += [f"{look.name}: {violation}" for violation in violations(page)]

    assert not found, "\n".join(found)


def test_nothing_is_wider_than_the_narrowest_window(page: Page) -> None:
    narrow = LOOKS[-1]
    narrow.put_on(page)

    assert page.evaluate("document.documentElement.scrollWidth") <= narrow.width


def test_the_policy_of_the_page_lets_through_all_that_it_has(page: Page, stage: Stage) -> None:
    assert page.locator("body").is_visible()
    assert [said for said in stage.complaints if "Content Security Policy" in said] == []


@pytest.mark.parametrize("name", PAGES)
def test_everything_is_reached_without_scripts(stage_without_scripts: Stage, name: str) -> None:
    with stage_without_scripts as stage:
        page = PAGES[name](stage)

        assert page.get_by_role("heading", level=1).count() == 1
