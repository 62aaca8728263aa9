"""This site as it is measured."""

import hashlib
from collections.abc import Iterator

import pytest

from benchmarks import this_site
from benchmarks.calls import ERAS, MODERN, SESSION, Era, call, greet, list_tools
from benchmarks.soak import TURNS
from benchmarks.stored_tokens import store
from tests.clients.wire import Wire


@pytest.fixture(scope="module")
def site() -> Iterator[this_site.Site]:
    with this_site.running(None) as running:
        yield running


@pytest.mark.parametrize("era", ERAS)
def test_it_answers_each_measured_call(site: this_site.Site, era: Era) -> None:
    greet(f"{site.url}/mcp", site.token, era).check()
    call(f"{site.url}/mcp", site.token, era, "find_group", {"name": "readers"}, "readers is group").check()


@pytest.mark.parametrize("turn", TURNS)
def test_every_client_of_the_soak_gets_its_answers(site: this_site.Site, turn: str) -> None:
    wire = Wire(site.url, site.token)

    with wire.http:
        TURNS[turn](wire)


def test_tokens_that_were_stored_in_bulk_are_good(site: this_site.Site) -> None:
    tokens = ["mcp_at_first", "mcp_at_last"]
    digests = [hashlib.sha256(token.encode()).hexdigest() for token in tokens]

    store(this_site.database_of(site), digests, 1_000)

    for token in tokens:
        greet(f"{site.url}/mcp", token, MODERN).check()


def test_it_has_as_many_tools_as_are_asked_for() -> None:
    with this_site.running(None, tools=50) as site:
        list_tools(f"{site.url}/mcp", site.token, SESSION, "forecast_49").check()
