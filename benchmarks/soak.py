"""Uses the site for half an hour, as clients of all kinds do, and watches its memory: `make soak`.

    MINUTES=5 make soak        a shorter one

One uvicorn process with a Redis of its own and an SQLite file. Prints its private memory and open descriptors each
minute, and in the end whether they stayed where they were; the exit code is 1 where they did not, or a call failed.
"""

import os
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress

import httpx

from benchmarks import this_site
from benchmarks.machine import BenchError, cores, descriptors, facts, private_bytes, redis_server
from benchmarks.slope import slope
from tests.clients.wire import PREFIX, Json, Wire, answer, events, refused

MINUTES = int(os.environ.get("MINUTES", "30"))
PAUSE = 0.2
"""Seconds of each client between two turns: the aim is time, not load."""
MOST_MEGABYTES, MOST_DESCRIPTORS = 5.0, 5.0
"""How much the line through the last two thirds of the readings may rise, from its beginning to its end."""
ADA: Json = {"action": "accept", "content": {"name": "Ada"}}
ELICITING: Json = {f"{PREFIX}clientCapabilities": {"elicitation": {}}}
LISTEN: Json = {"notifications": {"toolsListChanged": True}}

Turn = Callable[[Wire], None]


class WrongError(Exception):
    """The site answered something else than it should."""


# --- What clients do --------------------------------------------------------------------------


def call_at_once(wire: Wire) -> None:
    """Stateless calls, of an async tool and of one that reads a row in a thread."""
    _expect("Hello, Ada!", wire.call("greet", name="Ada"))
    _expect("readers is group", wire.call("find_group", name="readers"))


def answer_at_once(wire: Wire) -> None:
    """A stateless call that asks for input, and the same one again with the answer."""
    asked = {"name": "ask_name", "arguments": {}, "_meta": ELICITING}
    state = answer(wire.modern("tools/call", asked))["result"]["requestState"]
    replied = {**asked, "requestState": state, "inputResponses": {"elicitation": ADA}}
    _expect("Hello, Ada!", wire.modern("tools/call", replied))


def listen(wire: Wire) -> None:
    """A stream that is opened, heard once and left."""
    body = wire.modern_body("subscriptions/listen", LISTEN)
    with wire.stream(body, {"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": body["method"]}) as response:
        if next(iter(events(response)), None) is None:
            raise WrongError("A stream ended by itself.")


def use_session(wire: Wire) -> None:
    """A whole session: calls, a stream that is opened and left, a question on the stream of a call, its end."""
    session = wire.session(capabilities={"elicitation": {}})
    _expect("Hello, Ada!", session.call("greet", name="Ada"))
    with session.listen() as response:
        response.raise_for_status()
    with wire.stream(wire.body("tools/call", {"name": "ask_name", "arguments": {}}), session.headers) as response:
        stream = events(response)
        question = next(each.message for each in stream if each.message.get("method") == "elicitation/create")
        wire.post({"jsonrpc": "2.0", "id": question["id"], "result": ADA}, session.headers)
        result = next(each.message for each in stream if "result" in each.message)
    if "Hello, Ada!" not in str(result):
        raise WrongError(str(result)[:200])
    if session.end().status_code >= 300:
        raise WrongError("A session could not be ended.")


def be_refused(wire: Wire) -> None:
    """A token that nobody issued."""
    refused(wire.call("greet", {"Authorization": "Bearer mcp_at_nobody"}, name="Ada"), 401)


TURNS: dict[str, Turn] = {
    "stateless calls": call_at_once,
    "stateless questions": answer_at_once,
    "streams": listen,
    "sessions": use_session,
    "refusals": be_refused,
}


def _expect(text: str, response: httpx.Response) -> None:
    if response.status_code != 200 or text not in response.text:
        raise WrongError(f"{response.status_code} {response.text[:200]}")


# --- The half hour ----------------------------------------------------------------------------


def main() -> int:
    """Let every kind of client take its turns, and print a line each minute."""
    _, client_core = cores()
    known = facts()
    print(f"{MINUTES} minutes, commit {known['commit']}, Python {known['python']}, {known['processor']}")
    with redis_server(client_core) as redis, this_site.running(None, redis) as site:
        counts, problems, over = Counter[str](), Counter[str](), threading.Event()
        clients = [
            threading.Thread(target=_turns, args=(site.url, site.token, name, turn, counts, problems, over))
            for name, turn in TURNS.items()
        ]
        for client in clients:
            client.start()
        try:
            memory, files = _watch(site.pid, counts)
        finally:
            over.set()
            for client in clients:
                client.join()
    for problem, number in problems.most_common():
        print(f"failed {number} times: {problem}")
    memory_flat = _verdict("private memory", memory, MOST_MEGABYTES, " MB")
    files_flat = _verdict("open descriptors", files, MOST_DESCRIPTORS, "")
    return 0 if memory_flat and files_flat and not problems else 1


def _turns(
    url: str, token: str, name: str, turn: Turn, counts: Counter[str], problems: Counter[str], over: threading.Event
) -> None:
    wire = Wire(url, token)
    while not over.wait(PAUSE):
        try:
            turn(wire)
            counts[name] += 1
        except (WrongError, AssertionError, KeyError, StopIteration, httpx.HTTPError) as error:
            problems[f"{name}: {type(error).__name__} {error}"[:300]] += 1
    wire.http.close()


def _watch(pid: int, counts: Counter[str]) -> tuple[list[float], list[float]]:
    """Megabytes and descriptors each minute, the first reading when all have begun."""
    memory: list[float] = []
    files: list[float] = []
    print(f"{'minute':>6}{'MB':>9}{'files':>7}  turns so far")
    began = time.monotonic()
    for minute in range(MINUTES + 1):
        time.sleep(max(0.0, began + minute * 60 - time.monotonic()))
        memory.append(private_bytes(pid) / 1024 / 1024)
        files.append(descriptors(pid))
        done = ", ".join(f"{number:,} {name}" for name, number in sorted(counts.items()))
        print(f"{minute:>6}{memory[-1]:>9.1f}{files[-1]:>7.0f}  {done}", flush=True)
    return memory, files


def _verdict(what: str, readings: list[float], most: float, unit: str) -> bool:
    line = slope(readings)
    flat = line.is_flat(most)
    print(
        f"{what}: {'flat' if flat else 'not flat'}, {line.growth:+.2f}{unit} over the last two thirds, "
        f"from {line.start:.1f}{unit} (at most +{most:g})"
    )
    return flat


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        try:
            sys.exit(main())
        except BenchError as problem:
            sys.exit(str(problem))
