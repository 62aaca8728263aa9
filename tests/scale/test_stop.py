"""A server that is told to stop finishes what runs, ends what is open with a hint, and ends well itself."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from tests.clients.test_http_sse import sse
from tests.clients.wire import Wire, answer, events, modern_headers, refused
from tests.live import ServerName
from tests.scale.lone import GRACE, Lone, lone, said

FORM = {"elicitation": {}}
ENOUGH = 60.0
"""Seconds after which a test that waits for an end has failed."""


@pytest.fixture
def grace() -> int:
    """Seconds; short for tests that wait until it is over."""
    return GRACE


@pytest.fixture(params=["daphne", "uvicorn"])
def site(request: pytest.FixtureRequest, grace: int) -> Iterator[Lone]:
    """A server with that grace."""
    name: ServerName = request.param
    # A process that was started in the background has it ignored, and its children inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with lone(name, {"MCP_STOP_GRACE": str(grace), "MCP_LEDGER": "on"}) as found:
        yield found


@pytest.fixture
def beside() -> Iterator[Callable[..., "Future[httpx.Response]"]]:
    """Sends requests that are answered later."""
    with ThreadPoolExecutor(8) as pool:
        yield pool.submit


def ended(site: Lone) -> int:
    """The exit code, once the process has ended."""
    return site.server.wait(ENOUGH)


def calls_in_the_ledger(site: Lone, tool: str) -> list[str]:
    line = f"print(*ToolCall.objects.filter(tool={tool!r}).values_list('outcome', flat=True))"
    return site.server.manage(
        "shell", "--no-imports", "-c", f"from mcp_endpoint.models import ToolCall\n{line}"
    ).split()


def test_it_stops_at_once_and_well_when_nothing_runs(site: Lone) -> None:
    assert said(site.wire(), "greet", name="Ada") == "Hello, Ada!"
    site.signal()
    assert ended(site) == 0
    assert calls_in_the_ledger(site, "greet") == ["ok"]
    assert "Traceback" not in site.server.log_text()


@pytest.mark.parametrize("grace", [15])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_calls_that_run_are_finished(
    site: Lone, beside: Callable[..., "Future[httpx.Response]"], number: signal.Signals, tmp_path: Path
) -> None:
    """An async one of each era, one on a thread, and one whose answer is a stream already."""
    session, over = site.wire().session(), tmp_path / "over"
    held = {"seconds": ENOUGH, "until": str(over)}
    results = [
        beside(site.wire().call, "hold", None, label="async", **held),
        beside(site.wire().call, "hold_thread", None, label="thread", **held),
        beside(session.call, "hold", label="session", **held),
        beside(session.call, "hold", label="stream", say=True, **held),
    ]
    labels = ["async", "thread", "session", "stream"]
    for label in labels:
        site.until_running(label)
    site.signal(number)
    assert wait_for_refusal(site.wire())
    over.touch()
    texts = [answer(result.result())["result"]["content"][0]["text"] for result in results]
    assert texts == [f"{label} was held" for label in labels]
    assert ended(site) == 0
    assert calls_in_the_ledger(site, "hold") == ["ok"] * 3


def test_streams_end_at_once_with_a_time_to_come_back_at(site: Lone) -> None:
    wire = site.wire()
    body = wire.modern_body("subscriptions/listen", {"notifications": {"toolsListChanged": True}})
    with ExitStack() as streams:
        listening = streams.enter_context(wire.stream(body, modern_headers(body)))
        standing = streams.enter_context(site.wire().session().listen())
        _, oldest = streams.enter_context(sse(site.wire()))
        acknowledged = events(listening)
        next(acknowledged)
        site.signal()
        assert next(acknowledged).message["result"]["resultType"] == "complete"
        assert list(standing.iter_lines())[-2:] == ["retry: 1000", ""]
        assert list(oldest) == []
    assert ended(site) == 0


def test_a_call_that_asks_a_person_waits_for_the_answer_as_long_as_others(site: Lone) -> None:
    session = site.wire().session(capabilities=FORM)
    body = session.wire.body("tools/call", {"name": "ask_name", "arguments": {}})
    with session.wire.stream(body, session.headers) as response:
        stream = events(response)
        question = next(event.message for event in stream if event.message.get("method") == "elicitation/create")
        started = time.monotonic()
        site.signal()
        given = [event.message for event in stream if event.message.get("id") == body["id"]]
    assert question["params"]["message"] == "What is your name?"
    assert given[0]["error"]["message"] == "This server is stopping: try again"
    assert time.monotonic() - started >= GRACE
    assert ended(site) == 0


def test_what_takes_longer_than_the_grace_is_told_to_try_again(
    site: Lone, beside: Callable[..., "Future[httpx.Response]"]
) -> None:
    session = site.wire().session()
    results = [
        beside(site.wire().call, "hold", None, label="async", seconds=300),
        beside(site.wire().call, "hold_thread", None, label="thread", seconds=300),
        beside(session.call, "hold", label="session", seconds=300),
    ]
    streamed = beside(session.call, "hold", label="stream", seconds=300, say=True)
    for label in ("async", "thread", "session", "stream"):
        site.until_running(label)
    site.signal()
    for result in results:
        response = result.result()
        assert refused(response, 503)["message"] == "This server is stopping: try again"
        assert response.headers["Retry-After"] == "1"
    assert answer(streamed.result())["error"]["message"] == "This server is stopping: try again"
    assert ended(site) == 0
    assert calls_in_the_ledger(site, "hold_thread") == ["cancelled"]


def test_a_second_signal_does_not_wait(site: Lone, beside: Callable[..., "Future[httpx.Response]"]) -> None:
    # For uvicorn SIGINT is the one that means "now".
    number = signal.SIGINT if site.server.server == "uvicorn" else signal.SIGTERM
    call = beside(site.wire().call, "hold", None, label="long", seconds=300)
    site.until_running("long")
    site.signal(number)
    assert wait_for_refusal(site.wire())
    site.signal(number)
    ended(site)
    assert isinstance(call.exception(ENOUGH), httpx.TransportError) or call.result().status_code >= 500


def wait_for_refusal(wire: Wire) -> bool:
    """Whether new calls come to be refused: with a 503 by Daphne, which goes on listening, or no connection at all."""
    while True:
        try:
            response = wire.call("greet", None, name="Ada")
        except httpx.TransportError:
            return True
        if response.status_code == 503:
            return response.headers["Retry-After"] == "1"
        assert response.status_code == 200
        threading.Event().wait(0.02)
