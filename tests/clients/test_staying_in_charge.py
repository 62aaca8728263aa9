"""What a user does on the page of a connection is felt at once: by the app's open streams, and on its next request."""

import secrets
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field

import httpx
import pytest
from bs4 import BeautifulSoup

from tests.clients.conftest import AppOf, WireOf, eventually
from tests.clients.wire import Session, Wire, answer, events, messages, modern_headers, refused
from tests.conftest import PersonOf
from tests.person import Person

PATIENCE = 10.0
"""Seconds in which a stream must end: fewer than the silence after which the server says that it is alive."""


@dataclass
class Listeners:
    """An app that holds a stream of every era open, each read by a thread until the server ends it."""

    name: str
    wire: Wire
    held: ExitStack
    session: Session
    ended: list[threading.Event] = field(default_factory=list)

    def open_all(self) -> None:
        """Open them, and go on when the server has all three."""
        self._read(self.held.enter_context(self.session.listen()))
        accept = {"Accept": "text/event-stream"}
        sse = self.held.enter_context(self.wire.http.stream("GET", "/sse", headers=accept))
        listen = self.wire.modern_body("subscriptions/listen", {"notifications": {"toolsListChanged": True}})
        modern = self.held.enter_context(self.wire.stream(listen, modern_headers(listen)))
        for response in (sse, modern):
            self._read(response, first=True)

    def _read(self, response: httpx.Response, first: bool = False) -> None:
        assert response.status_code == 200
        stream = events(response)
        if first:
            next(stream)
        over = threading.Event()

        def read() -> None:
            for _ in stream:
                pass
            over.set()

        threading.Thread(target=read, daemon=True).start()
        self.ended.append(over)

    def all_ended(self) -> bool:
        """Whether the server ended all of them in time."""
        return all(over.wait(PATIENCE) for over in self.ended)

    def none_ended(self) -> bool:
        return not any(over.is_set() for over in self.ended)


@pytest.fixture
def alice(person: PersonOf) -> Person:
    return person()


@pytest.fixture
def listeners(app: AppOf, alice: Person, wire_of: WireOf) -> Iterator[Listeners]:
    """An app that alice let do everything, with its streams open."""
    with ExitStack() as held:
        name = f"Listener {secrets.token_hex(4)}"  # clients that register the same share one connection
        client = app(name)
        wire = wire_of(client.connect(alice, scope="mcp notes:read notes:write"))
        made = Listeners(name, wire, held, wire.session())
        made.open_all()
        assert made.none_ended()
        yield made
        client.revoke()
        assert made.all_ended()


def page_of(alice: Person, listeners: Listeners) -> str:
    """The page of the app's connection, found on the list."""
    document = BeautifulSoup(alice.open("/account/connections/").text, "html.parser")
    (link,) = (link for link in document.select("h2 a") if link.get_text() == listeners.name)
    return str(link["href"])


def press(alice: Person, page: str, action: str, **fields: str | list[str]) -> None:
    """Send the form of that page which leads to an action."""
    path = f"{page}/{action}"
    shown = alice.open(path if action == "revoke" else page)
    form = BeautifulSoup(shown.text, "html.parser").find("form", {"action": path})
    assert form is not None, shown.text
    token = form.find("input", {"name": "csrfmiddlewaretoken"})
    assert token is not None
    sent = alice.browser.post(
        path,
        data={"csrfmiddlewaretoken": str(token["value"]), **fields},
        headers={"Origin": alice.base_url, "Referer": str(shown.url)},
    )
    assert sent.status_code == 302, sent.text


@pytest.mark.parametrize("action", ["revoke", "pause"])
def test_access_that_is_taken_ends_every_stream_and_is_missed_on_the_next_request(
    listeners: Listeners, alice: Person, action: str
) -> None:
    press(alice, page_of(alice, listeners), action)
    assert listeners.all_ended()
    refused(listeners.session.call("greet", name="Ada"), 401)
    refused(listeners.wire.call("greet", name="Ada"), 401)
    assert listeners.wire.http.get("/sse", headers={"Accept": "text/event-stream"}).status_code == 401


def test_a_scope_that_is_taken_ends_every_stream_and_is_missed_on_the_next_request(
    listeners: Listeners, alice: Person
) -> None:
    press(alice, page_of(alice, listeners), "limit", scope=["mcp"])
    assert listeners.all_ended()
    for called in (listeners.session.call("list_notes"), listeners.wire.call("list_notes")):
        assert refused(called, 403)["data"]["requiredScopes"] == ["notes:read"]
    (listed,) = messages(listeners.session.send("tools/list"))
    assert "list_notes" not in {tool["name"] for tool in listed["result"]["tools"]}
    assert answer(listeners.wire.call("greet", name="Ada"))["result"]["content"][0]["text"] == "Hello, Ada!"


def test_reading_only_ends_every_stream_and_closes_what_writes(listeners: Listeners, alice: Person) -> None:
    press(alice, page_of(alice, listeners), "limit", scope=["mcp", "notes:read", "notes:write"], read_only="1")
    assert listeners.all_ended()
    assert "error" in answer(listeners.wire.call("add_note", text="x"))
    assert "result" in answer(listeners.wire.call("list_notes"))


def test_a_new_name_ends_nothing(listeners: Listeners, alice: Person) -> None:
    page = page_of(alice, listeners)
    press(alice, page, "rename", label="Mine")
    assert answer(listeners.wire.call("greet", name="Ada"))["result"]
    assert listeners.none_ended()


def test_calls_are_on_the_page_soon(listeners: Listeners, alice: Person) -> None:
    listeners.wire.call("greet", name="Ada")
    listeners.session.call("refuse")
    page = page_of(alice, listeners)

    def calls() -> list[list[str]]:
        document = BeautifulSoup(alice.open(page).text, "html.parser")
        return [item.get_text(" ").split()[:2] for item in document.select(".calls li")]

    assert eventually(lambda: calls() == [["refuse", "The"], ["greet", "Done"]])
