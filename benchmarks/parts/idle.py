"""What 5,000 idle streams and 20,000 idle sessions weigh in one process, and what they cost the calls beside them."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import mean
from typing import Any, cast

import redis

from benchmarks import this_site
from benchmarks.calls import META, MODERN, Request, base_headers, greet, initialize
from benchmarks.load import Round, one_round
from benchmarks.machine import ROOT, BenchError, pinned, resident_bytes
from benchmarks.part import Bench, Part, Row
from benchmarks.this_site import CACHED, DATABASE
from benchmarks.verdicts import Verdict, change, within

STREAMS, SESSIONS = 5_000, 20_000
ROUNDS = 3
MOST_SECONDS = 180
"""For the streams or sessions to be there."""


def measure(bench: Bench) -> Part:
    """Both configurations, each with a process of its own: calls before, beside and after."""
    rows: list[Row] = []
    verdicts: list[Verdict] = []
    for name, url in ((DATABASE, ""), (CACHED, bench.redis)):
        if name not in bench.servers:
            continue
        with this_site.running(bench.server_core, url) as site:
            server = site.as_server(name)
            request = greet(server.url, server.token, MODERN)
            for kind, number in (("streams", STREAMS), ("sessions", SESSIONS)):
                row = _beside(bench, server.pid, request, kind, number, url)
                rows.append({"server": name, "title": f"{number:,} {kind}", **row})
                verdicts.append(within(f"{name}: calls/s beside {number:,} idle {kind}", row["change"]))
    return Part(
        "idle",
        "Idle streams and sessions in one process",
        ("server", "title", "kB each", "kB in Redis", "without", "beside", "change"),
        rows,
        verdicts,
        [
            "`kB each` is what the process grew by, divided by their number. A stream is sent a comment every 15 s, "
            "as always. `without` is the mean of the calls per second before they came and after they left; sessions "
            "do not leave, so that theirs are those before."
        ],
    )


def _beside(bench: Bench, pid: int, request: Request, kind: str, number: int, url: str) -> Row:
    before = _rate(bench, pid, request)
    weight, stored = resident_bytes(pid), _stored(url)
    with _crowd(bench, request, kind, number):
        heavier, more = resident_bytes(pid), _stored(url)
        beside = _rate(bench, pid, request)
    without = [before] if kind == "sessions" else [before, _rate(bench, pid, request)]
    return {
        "kB each": (heavier - weight) / number / 1024,
        "kB in Redis": (more - stored) / number / 1024 if url and kind == "sessions" else None,
        "without": mean(without),
        "beside": beside,
        "change": change(mean(without), beside),
    }


def _rate(bench: Bench, pid: int, request: Request) -> float:
    request.check()  # it may still be taking leave of those who went
    rounds: list[Round] = [one_round(request, pid, bench.client_core) for _ in range(ROUNDS)]
    return sorted(each.rate for each in rounds)[ROUNDS // 2]


def _stored(url: str) -> int:
    """Bytes that Redis keeps; 0 where there is none."""
    if not url:
        return 0
    with redis.Redis.from_url(url) as client:
        known = cast(dict[str, Any], client.info("memory"))  # typed as if it could be awaited
        return int(known["used_memory"])


@contextmanager
def _crowd(bench: Bench, request: Request, kind: str, number: int) -> Iterator[None]:
    """The streams or sessions, from when all are there; raises BenchError when they do not come."""
    headers = base_headers(request.headers["Authorization"].removeprefix("Bearer "))
    first = initialize()
    wanted = Request(request.url, "", headers, {"method": first["method"], "params": first["params"]})
    if kind == "streams":
        headers |= {"MCP-Protocol-Version": MODERN, "Mcp-Method": "subscriptions/listen"}
        params = {"notifications": {"toolsListChanged": True}, "_meta": META}
        wanted = Request(request.url, "", headers, {"method": "subscriptions/listen", "params": params})
    environment = {
        **os.environ,
        "BENCH_BODY": wanted.text,
        "BENCH_HEADERS": "\n".join(f"{name}: {value}" for name, value in headers.items()),
    }
    command = [sys.executable, "-m", "benchmarks.crowd", kind, str(number), request.url]
    with pinned(bench.client_core):
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
    try:
        if process.stdout is None or process.stdout.readline().strip() != str(number).encode():
            _, said = process.communicate(timeout=MOST_SECONDS)
            raise BenchError(f"{number:,} {kind} did not come: {said.decode()[-500:]}")
        yield
    finally:
        if process.stdin is not None:
            process.stdin.close()
        process.wait(MOST_SECONDS)
