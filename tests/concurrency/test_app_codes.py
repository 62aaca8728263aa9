"""Second factors and tries to sign in are counted over all processes of a site, with no Redis to share."""

from collections.abc import Iterator
from contextlib import ExitStack, closing

import httpx
import pytest
from bs4 import BeautifulSoup

from tests.accounts.authenticator_app import code
from tests.concurrency.conftest import NAMES, at_once
from tests.conftest import PASSWORD
from tests.live import NO_AUTHORITIES, SHORT_IDLE, LiveServer
from tests.services import database

TRIES = 8
ACTIVATE = "/accounts/2fa/totp/activate/"
AUTHENTICATE = "/accounts/2fa/authenticate/"


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def processes(request: pytest.FixtureRequest) -> Iterator[list[LiveServer]]:
    """Two servers on one database."""
    with pytest.MonkeyPatch.context() as environment, ExitStack() as running:
        if request.param == "sqlite":
            environment.delenv("TEST_DATABASE_URL", raising=False)
        else:
            environment.setenv("TEST_DATABASE_URL", database())
        settings = "tests.concurrency.settings"
        users = dict.fromkeys(NAMES, PASSWORD)
        first = running.enter_context(LiveServer("uvicorn", settings=settings, users=users, env={"REDIS_URL": None}))
        same = {"REDIS_URL": None, "DATABASE_URL": first.environment()["DATABASE_URL"]}
        yield [first, running.enter_context(LiveServer("uvicorn", settings=settings, env=same))]


class Browser:
    """Signs in at one of the processes."""

    def __init__(self, server: LiveServer) -> None:
        self.http = httpx.Client(base_url=server.url, timeout=30, verify=NO_AUTHORITIES, limits=SHORT_IDLE)

    def send(self, path: str, **form: str) -> httpx.Response:
        """The answer to a form of that page."""
        page = self.http.get(path)
        token = BeautifulSoup(page.text, "html.parser").find("input", {"name": "csrfmiddlewaretoken"})
        assert token is not None, page.text
        origin = {"Origin": str(self.http.base_url).rstrip("/")}
        return self.http.post(path, data={**form, "csrfmiddlewaretoken": str(token["value"])}, headers=origin)

    def sign_in(self, name: str, password: str = PASSWORD) -> httpx.Response:
        """The answer to name and password."""
        return self.send("/accounts/login/", login=name, password=password)

    def is_signed_in(self) -> bool:
        return self.http.get("/account/").status_code == 200


def browsers(processes: list[LiveServer], count: int, open_ones: ExitStack) -> list[Browser]:
    """So many, at each of the processes in turn."""
    made = [Browser(processes[number % len(processes)]) for number in range(count)]
    for browser in made:
        open_ones.enter_context(closing(browser.http))
    return made


def test_of_many_that_send_one_code_at_once_one_is_let_in(processes: list[LiveServer]) -> None:
    with ExitStack() as open_ones:
        [owner, *others] = browsers(processes, TRIES + 1, open_ones)
        owner.sign_in(NAMES[0])
        shown = BeautifulSoup(owner.http.get(ACTIVATE).text, "html.parser").select_one("code.secret")
        assert shown is not None
        secret = shown.get_text()
        used = code(secret)
        # Asked for by hand: another look at the page would show another secret.
        token = owner.http.cookies["csrftoken"]
        origin = {"Origin": processes[0].url}
        owner.http.post(ACTIVATE, data={"code": used, "csrfmiddlewaretoken": token}, headers=origin)
        for other in others:
            assert other.sign_in(NAMES[0]).headers["Location"] == AUTHENTICATE

        others[0].send(AUTHENTICATE, code=used)
        assert not others[0].is_signed_in()

        one_code, waiting = code(secret, 1), list(others)
        at_once(TRIES, lambda: waiting.pop().send(AUTHENTICATE, code=one_code))
        assert [other.is_signed_in() for other in others].count(True) == 1


def test_guessing_is_slowed_down_by_what_the_other_process_saw(processes: list[LiveServer]) -> None:
    with ExitStack() as open_ones:
        tries = browsers(processes, 6, open_ones)
        for browser in tries[:5]:
            browser.sign_in(NAMES[1], "wrong")
        for browser in tries:
            assert browser.sign_in(NAMES[1]).status_code != 302
            assert not browser.is_signed_in()
