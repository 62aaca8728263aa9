"""Budgets that an operator gives in admin hold over two processes, with a Redis between them and without one."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing

import pytest

from tests import services
from tests.clients.app import App
from tests.clients.wire import Wire
from tests.conftest import PASSWORD
from tests.person import Person
from tests.scale.console import CONNECTIONS, Console
from tests.scale.pairs import OPERATOR, Pair, two_processes

CALLS, ALLOWED = 12, 5


@pytest.fixture(scope="module", params=["redis", "postgresql alone"])
def pair(request: pytest.FixtureRequest) -> Iterator[Pair]:
    with two_processes("postgresql", services.redis() if request.param == "redis" else None) as pair:
        yield pair


@pytest.mark.parametrize("period", ["minute", "day"])
def test_a_budget_holds_over_both_processes(pair: Pair, period: str) -> None:
    with ExitStack() as open_things:
        person, app = Person(pair[0].url, "alice", PASSWORD), App(pair[0].url, f"budget for a {period}")
        token = app.connect(person)
        console = open_things.enter_context(Console(pair[1].url, OPERATOR, PASSWORD))
        wires = [Wire(server.url, token) for server in pair]
        for thing in (person.browser, app.http, *(wire.http for wire in wires)):
            open_things.enter_context(closing(thing))
        key = console.found(CONNECTIONS, f"budget for a {period}")
        console.change(CONNECTIONS, key, **{f"calls_per_{period}": str(ALLOWED)})

        began = time.time()
        with ThreadPoolExecutor(CALLS) as pool:
            answers = list(pool.map(lambda turn: wires[turn % 2].call("greet", name="Ada").json(), range(CALLS)))
        ended = time.time()

    results = [answer["result"] for answer in answers]
    over = [result["content"][0]["text"] for result in results if result.get("isError")]
    # The clock may have begun another minute, or another day, among the calls.
    seconds = {"minute": 60, "day": 86_400}[period]
    periods = int(ended // seconds) - int(began // seconds) + 1
    assert ALLOWED <= CALLS - len(over) <= ALLOWED * periods
    assert all(f"may call {ALLOWED} tools in a {period}" in text for text in over)
