"""A person stays in charge of what they connected."""

import secrets
import threading
from collections.abc import Iterator
from contextlib import closing

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import ProgramOf, WindowOf, sign_in
from tests.browser.program import Program
from tests.clients.conftest import eventually
from tests.clients.wire import Wire

PATIENCE = 10.0
"""Seconds in which a stream must end: fewer than the silence after which the server says that it is alive."""


@pytest.fixture
def cursor(program: ProgramOf) -> Program:
    """A program of its own name: those that register the same share one connection."""
    return program(f"Cursor {secrets.token_hex(4)}")


@pytest.fixture
def page(window: WindowOf, cursor: Program) -> Page:
    """Alice's page of this connection, which she has just made."""
    page = window()
    page.goto(cursor.request("mcp notes:read notes:write"))
    sign_in(page)
    page.get_by_role("button", name="Allow", exact=True).click()
    expect(page.get_by_role("heading")).to_have_text("You can close this page")
    cursor.token()
    page.goto("/account/connections/")
    page.get_by_role("heading").get_by_role("link", name=cursor.name).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(cursor.name)
    return page


@pytest.fixture
def wire(cursor: Program, page: Page) -> Iterator[Wire]:
    """The program, which calls tools."""
    wire = Wire(cursor.base_url, cursor.tokens["access_token"])
    with closing(wire.http):
        yield wire


class Listener:
    """A stream of events that is open until the server ends it."""

    def __init__(self, response: httpx.Response) -> None:
        assert response.status_code == 200
        self._over = threading.Event()
        threading.Thread(target=self._read, args=[response], daemon=True).start()

    def _read(self, response: httpx.Response) -> None:
        for _ in response.iter_bytes():
            pass
        self._over.set()

    def is_open(self) -> bool:
        return not self._over.is_set()

    def ends(self) -> bool:
        """Whether the server ends it in time."""
        return self._over.wait(PATIENCE)


def test_the_list_shows_what_a_program_may_do(page: Page, cursor: Program) -> None:
    page.get_by_role("link", name="Connected apps").first.click()
    card = page.get_by_role("article").filter(has_text=cursor.name)

    expect(card).to_contain_text("Add and delete your notes")
    expect(card).to_contain_text("nobody checked it")
    expect(card).to_contain_text("Connected")


def test_a_paused_program_is_refused_until_it_is_resumed(page: Page, wire: Wire) -> None:
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("button", name="Resume")).to_be_visible()
    paused = wire.call("greet", name="Ada").status_code
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()

    assert (paused, wire.call("greet", name="Ada").status_code) == (401, 200)


def test_revoking_ends_the_open_stream_and_the_next_request_is_refused(page: Page, wire: Wire) -> None:
    with wire.session().listen() as response:
        stream = Listener(response)
        page.get_by_role("link", name="Revoke").click()
        assert stream.is_open()
        page.get_by_role("button", name="Revoke").click()

        assert stream.ends()
    assert wire.call("greet", name="Ada").status_code == 401
    expect(page.get_by_role("status")).to_contain_text("was revoked")


def test_what_is_unticked_is_taken_from_the_program(page: Page, wire: Wire, cursor: Program) -> None:
    before = cursor.tools()
    page.get_by_role("checkbox", name="Add and delete your notes").uncheck()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("checkbox", name="Add and delete your notes")).to_have_count(0)

    assert before - cursor.tools() == {"add_note", "delete_note"}


def test_a_program_can_be_kept_from_writing(page: Page, wire: Wire, cursor: Program) -> None:
    page.get_by_role("checkbox", name="Reading only").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("checkbox", name="Reading only")).to_be_checked()

    assert not {"add_note", "delete_note"} & cursor.tools()


def test_a_program_is_given_a_name_of_ones_own(page: Page, cursor: Program) -> None:
    page.get_by_label("What you call it").fill("Cursor on the laptop")
    page.get_by_role("button", name="Rename").click()

    expect(page.get_by_role("heading", level=1)).to_contain_text("Cursor on the laptop")
    expect(page.get_by_text("It calls itself")).to_contain_text(cursor.name)


def test_what_a_program_called_is_on_its_page(page: Page, wire: Wire) -> None:
    wire.call("list_notes")

    def is_listed() -> bool:
        page.reload()
        return "list_notes" in page.locator("section", has_text="Recent calls").inner_text()

    assert eventually(is_listed)
