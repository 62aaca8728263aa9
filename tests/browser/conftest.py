"""A browser, the site with its OpenID provider, and what people and programs do with them."""

from collections.abc import Generator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Protocol

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import chromium
from tests.browser.mailbox import Mailbox
from tests.browser.program import Program, running
from tests.browser.running_site import running_site
from tests.conftest import PASSWORD, USERS
from tests.live import LiveServer

HERE = Path(__file__).resolve().parent
# Milliseconds, for the slowest machine; everything goes on as soon as it can.
PATIENCE = 90_000
expect.set_options(timeout=PATIENCE)

# Alex uses the site for a while, and robin a little.
PEOPLE = dict.fromkeys(("alex", "robin"), PASSWORD)
PAGES = pytest.StashKey[list[Page]]()


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """These need a browser: only who names them runs them, as `make browser` does."""
    named = (Path(argument.partition("::")[0]).resolve() for argument in config.args)
    return None if any(path.is_relative_to(HERE) for path in named) else True


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Where several processes run these, they share them so."""
    from tests.browser.sharing import Sharing  # pages are told of by modules that need this one

    return Sharing(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Say with a failure what the windows showed."""
    report = yield
    if report.when == "call" and report.failed:
        for page in item.stash.get(PAGES, []):
            report.sections.append((page.url, page.locator("body").inner_text()))
    return report


class WindowOf(Protocol):
    """Opens a window of a new browser, which knows no cookie yet."""

    def __call__(self) -> Page: ...


class ProgramOf(Protocol):
    """Starts a client program."""

    def __call__(self, name: str = "Claude") -> Program: ...


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with chromium.browser() as running_browser:
        yield running_browser


@pytest.fixture(scope="session")
def mailbox(tmp_path_factory: pytest.TempPathFactory) -> Mailbox:
    return Mailbox(tmp_path_factory.mktemp("mail"))


@pytest.fixture(scope="session")
def site(mailbox: Mailbox) -> Iterator[LiveServer]:
    """The site where these people have accounts, and whoever comes from the provider gets one."""
    with running_site({**USERS, **PEOPLE}, mailbox) as server:
        yield server


@pytest.fixture(params=[True, False], ids=["with scripts", "without scripts"])
def context_options(request: pytest.FixtureRequest) -> dict[str, bool]:
    """Options of the person's browser: every flow is walked with and without JavaScript."""
    return {"java_script_enabled": request.param}


@pytest.fixture
def window(
    request: pytest.FixtureRequest, browser: Browser, site: LiveServer, context_options: dict[str, bool]
) -> Iterator[WindowOf]:
    """Opens a window: `window()`."""
    pages = request.node.stash[PAGES] = []

    def open_window() -> Page:
        context = browser.new_context(base_url=site.url, **context_options)
        context.set_default_timeout(PATIENCE)
        pages.append(context.new_page())
        return pages[-1]

    yield open_window
    for page in pages:
        page.context.close()


@pytest.fixture
def program(site: LiveServer) -> Iterator[ProgramOf]:
    """Starts a program: `program("Cursor")`."""
    with ExitStack() as programs:
        yield lambda name="Claude": programs.enter_context(running(site.url, name))


def sign_in(page: Page, username: str = "alice", password: str = PASSWORD) -> None:
    """Fill in the sign-in form that the page shows."""
    page.locator("input[name=login]").fill(username)
    page.locator("input[name=password]").fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()
