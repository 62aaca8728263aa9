"""A device without a browser, told only the site: codes, a person who answers on another screen, and a call."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from threading import Barrier

import httpx
import pytest
from bs4 import BeautifulSoup, Tag

from tests.clients.conftest import WireOf
from tests.clients.television import Television
from tests.clients.wire import refused
from tests.conftest import PersonOf
from tests.live import LiveServer
from tests.person import Person

POLLS = 8


@pytest.fixture
def television(live: LiveServer) -> Iterator[Television]:
    """One that shows its code."""
    shown = Television(live.url)
    with closing(shown.http):
        yield shown


def form_with(page: httpx.Response, button: str) -> Tag:
    """The form of the page that has a button of this name."""
    found = BeautifulSoup(page.text, "html.parser").find("button", {"name": button})
    assert isinstance(found, Tag), page.text
    form = found.find_parent("form")
    assert isinstance(form, Tag)
    return form


def answer(person: Person, television: Television, decision: str) -> httpx.Response:
    """The page after a person confirmed the code in the link, and pressed Allow or Deny."""
    person.open("/account/tokens/")  # any page that asks to sign in
    code = person.open(television.codes["verification_uri_complete"])
    consent = person.press(code, form_with(code, "continue"), "continue")
    return person.press(consent, form_with(consent, decision), decision)


def test_a_person_allows_it_on_another_screen_and_it_calls_a_tool(
    television: Television, person: PersonOf, wire_of: WireOf
) -> None:
    assert television.ask().json()["error"] == "authorization_pending"

    page = answer(person(), television, "allow")
    tokens = television.ask().json()

    assert "Your device is connected" in page.text
    greeting = wire_of(tokens["access_token"]).call("greet", None, name="Ada")
    assert "Hello, Ada!" in greeting.text


def test_a_person_denies_it(television: Television, person: PersonOf) -> None:
    answer(person(), television, "deny")

    assert television.ask().json()["error"] == "access_denied"


def test_its_tokens_are_given_once(television: Television, person: PersonOf) -> None:
    answer(person(), television, "allow")

    assert television.ask().status_code == 200
    assert television.ask().json()["error"] == "invalid_grant"


def test_of_many_polls_at_once_one_gets_the_tokens(television: Television, person: PersonOf) -> None:
    answer(person(), television, "allow")
    ready = Barrier(POLLS)

    def poll(_: int) -> str:
        ready.wait(timeout=30)
        return str(television.ask().json().get("error", "tokens"))

    with ThreadPoolExecutor(POLLS) as pool:
        answers = Counter(pool.map(poll, range(POLLS)))

    assert answers == {"tokens": 1, "invalid_grant": POLLS - 1}


def test_impatience_is_slowed_down(television: Television) -> None:
    television.ask()

    assert television.ask().json()["error"] == "slow_down"


def test_giving_the_token_back_ends_its_access(television: Television, person: PersonOf, wire_of: WireOf) -> None:
    answer(person(), television, "allow")
    tokens = television.ask().json()
    form = {"token": tokens["refresh_token"], "client_id": television.client_id}
    television.http.post(television.metadata["revocation_endpoint"], data=form)

    refused(wire_of(tokens["access_token"]).call("greet", None, name="Ada"), 401)
