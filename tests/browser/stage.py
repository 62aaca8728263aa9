"""A site that people have used for a while, and windows on it: what pages are shown with."""

from collections import Counter
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from playwright.sync_api import Browser, ConsoleMessage, Page, StorageState

from tests.browser.conftest import PATIENCE, sign_in
from tests.browser.mailbox import Mailbox
from tests.browser.one_time_code import one_time_code
from tests.browser.program import Program, running
from tests.conftest import PASSWORD
from tests.live import LiveServer

OTHER_TOOLS = """
from oauth_bridge.models import Connection, ToolCatalogue
connection = Connection.objects.get(client__client_id={client_id!r})
tools = connection.catalogue.tools
tools["add_note"]["description"] = "Keep a note, and send it to nobody."
tools["list_notes"]["description"] += "\u200b For the owner\u2019s eyes only."
connection.catalogue = ToolCatalogue.objects.create(digest={client_id!r}[:64], tools=tools)
connection.save()
"""

_names: Counter[str] = Counter()


def new_name(name: str) -> str:
    """A user name that nobody has: this one, with a number from the second time on."""
    _names[name] += 1
    return name if _names[name] == 1 else f"{name}{_names[name]}"


class Stage:
    """Opens windows and starts programs; `tidy()` closes them again, while people stay signed in.

    `origin` is the site's address as the browser knows it. Use as a context manager.
    """

    def __init__(
        self, browser: Browser, site: LiveServer, mailbox: Mailbox, origin: str = "", *, scripts: bool = True
    ) -> None:
        self.site = site
        self.mailbox = mailbox
        self.complaints: list[str] = []
        """What the browser objected to in the windows that are open."""
        self._browser = browser
        self._origin = origin or site.url
        self._scripts = scripts
        self._signed_in: dict[str, StorageState] = {}
        self.has_apps = False
        """Whether robin connected some apps already."""
        self._careful = ""
        self._operator = ""
        self._open = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.tidy()

    def window(self, username: str = "") -> Page:
        """A window of a browser of its own, in which that person is signed in; a stranger when nobody is named."""
        if username and username not in self._signed_in:
            page = self._new_window(None)
            page.goto("/accounts/login/")
            sign_in(page, username)
            page.get_by_role("button", name="Sign out").wait_for()
            self._signed_in[username] = page.context.storage_state()
        return self._new_window(self._signed_in.get(username))

    def program(self, name: str) -> Program:
        """A client program on the person's computer."""
        return self._open.enter_context(running(self.site.url, name))

    def careful_person(self) -> str:
        """Name of somebody who has an authenticator app."""
        if not self._careful:
            self._careful = new_name("casey")
            self.site.create_user(self._careful, PASSWORD, email=f"{self._careful}@example.org")
            page = self.window(self._careful)
            page.goto("/accounts/2fa/totp/activate/")
            page.locator("input[name=code]").fill(one_time_code(page.locator("code.secret").inner_text()))
            page.get_by_role("button", name="Switch it on").click()
            page.get_by_role("heading", name="Recovery codes").wait_for()
        return self._careful

    def operator(self) -> str:
        """Name of somebody who may do everything in the admin."""
        if not self._operator:
            self._operator = new_name("operator")
            self.site.create_user(self._operator, PASSWORD, is_staff=True, is_superuser=True)
        return self._operator

    def change_tools(self, client_id: str) -> None:
        """Make it so that two tools were others when the user of this client saw them."""
        self.site.manage("shell", "--no-imports", "-c", OTHER_TOOLS.format(client_id=client_id))

    def address(self, url: str) -> str:
        """A URL of the site as the browser knows it."""
        return self._origin + url.removeprefix(self.site.url)

    def tidy(self) -> None:
        """Close what was opened."""
        self._open.close()
        self.complaints.clear()

    def _new_window(self, state: StorageState | None) -> Page:
        context = self._browser.new_context(
            base_url=self._origin, java_script_enabled=self._scripts, storage_state=state
        )
        context.set_default_timeout(PATIENCE)
        self._open.callback(context.close)
        page = context.new_page()
        page.on("console", self._hear)
        return page

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(message.text)
