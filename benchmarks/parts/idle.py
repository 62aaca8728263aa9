"""What 5,000 idle streams and 20,000 idle sessions weigh in one process, and what they cost the calls beside them."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import redis

from benchmarks import this_site
from benchmarks.calls import META, MODERN, Request, base_headers, greet, initialize
from benchmarks.load import Target, measure_in_turn
from benchmarks.machine import ROOT, BenchError, pinned, resident_bytes
from benchmarks.part import Bench, Part, Row
from benchmarks.this_site import CACHED, DATABASE, Site
from benchmarks.verdicts import Verdict, change, within

STREAMS, SESSIONS = 5_000, 20_000
MOST_SECONDS = 180
"""For the streams or sessions to be there."""


def measure(bench: Bench) -> Part:
    """Both configurations: calls to a process that has them, in turn with calls to one that has none."""
    rows: list[Row] = []
    verdicts: list[Verdict] = []
    for name, url in ((DATABASE, ""), (CACHED, bench.redis)):
        if name not in bench.servers:
            continue
        with this_site.running(bench.server_core, url) as crowded, this_site.running(bench.server_core, url) as alone:
            for kind, number in (("streams", STREAMS), ("sessions", SESSIONS)):
                row = _beside(bench, crowded, alone, kind, number, url)
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
            "as always. `without` are the calls per second of another process that has none of them, in turn with it."
        ],
    )


def _beside(bench: Bench, crowded: Site, alone: Site, kind: str, number: int, url: str) -> Row:
    targets = [_target(site) for site in (alone, crowded)]
    weight, stored = resident_bytes(crowded.pid), _stored(url)
    with _crowd(bench, crowded, kind, number):
        heavier, more = resident_bytes(crowded.pid), _stored(url)
        measure_in_turn(targets, bench.client_core)
    if problem := targets[0].problem or targets[1].problem:
        raise BenchError(problem)
    without, beside = (target.middle("rate") for target in targets)
    return {
        "kB each": (heavier - weight) / number / 1024,
        "kB in Redis": (more - stored) / number / 1024 if url and kind == "sessions" else None,
        "without": without,
        "beside": beside,
        "change": change(without, beside),
    }


def _target(site: Site) -> Target:
    return Target("", "", site.pid, greet(f"{site.url}/mcp", site.token, MODERN))


def _stored(url: str) -> int:
    """Bytes that Redis keeps; 0 where there is none."""
    if not url:
        return 0
    with redis.Redis.from_url(url) as client:
        known = cast(dict[str, Any], client.info("memory"))  # typed as if it could be awaited
        return int(known["used_memory"])


@contextmanager
def _crowd(bench: Bench, site: Site, kind: str, number: int) -> Iterator[None]:
    """The streams or sessions, from when all are there; raises BenchError when they do not come."""
    headers, url = base_headers(site.token), f"{site.url}/mcp"
    first = initialize()
    wanted = Request(url, "", headers, {"method": first["method"], "params": first["params"]})
    if kind == "streams":
        headers |= {"MCP-Protocol-Version": MODERN, "Mcp-Method": "subscriptions/listen"}
        params = {"notifications": {"toolsListChanged": True}, "_meta": META}
        wanted = Request(url, "", headers, {"method": "subscriptions/listen", "params": params})
    environment = {
        **os.environ,
        "BENCH_BODY": wanted.text,
        "BENCH_HEADERS": "\n".join(f"{name}: {value}" for name, value in headers.items()),
    }
    command = [sys.executable, "-m", "benchmarks.crowd", kind, str(number), url]
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
