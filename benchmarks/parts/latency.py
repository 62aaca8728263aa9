"""How long a call takes at half of the calls per second that the same server had at its peak.

The least that a server can do has the pace of this site: how steady the machine is, and whoever measures.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from statistics import median
from typing import Any

from benchmarks.calls import MODERN, Request
from benchmarks.machine import ROOT, pinned
from benchmarks.part import Bench, Part, Row
from benchmarks.parts.tool_calls import HELLO
from benchmarks.this_site import CACHED, DATABASE
from benchmarks.verdicts import below, ratio

ROUNDS, SECONDS = 3, 2
MOST_TIMES = 5.0
"""How much longer than the median the 99th percentile may be."""


def measure(bench: Bench) -> Part:
    """Every server that answered at its peak."""
    planned = dict(_planned(bench))
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in planned}
    for _ in range(ROUNDS):
        for name, (request, pace) in planned.items():
            found[name].append(paced(request, pace, bench.client_core))
    rows = [_row(name, planned[name][1], rounds) for name, rounds in found.items()]
    times = {str(row["server"]): row["p99 of p50"] for row in rows}
    return Part(
        "latency",
        f"Latency of tools/call at half of the peak, {MODERN}, from the moment that a call was due",
        ("server", "paced", "p50", "p90", "p99", "p99 of p50", "failed"),
        rows,
        [
            below(f"{name}: p99 at half of the peak, in medians", times.get(name), MOST_TIMES, " times")
            for name in (CACHED, DATABASE)
        ],
    )


def _planned(bench: Bench) -> Iterator[tuple[str, tuple[Request, float]]]:
    """Name, request and calls per second of every server for which there is a peak to take the half of."""
    for name in bench.servers:
        peak = bench.rate(CACHED if name == HELLO else name, MODERN)
        target = bench.targets.get((name, "" if name == HELLO else MODERN))
        if peak and target is not None and target.request is not None:
            yield name, (target.request, peak / 2)


def paced(request: Request, rate: float, core: int | None) -> dict[str, Any]:
    """One round at a steady pace."""
    environment = {
        **os.environ,
        "BENCH_BODY": request.text,
        "BENCH_HEADERS": "\n".join(f"{key}: {value}" for key, value in request.headers.items()),
    }
    command = [sys.executable, "-m", "benchmarks.paced", request.url, str(rate), str(SECONDS)]
    with pinned(core):
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _row(name: str, pace: float, rounds: list[dict[str, Any]]) -> Row:
    row: Row = {"server": name, "paced": round(pace), "failed": sum(each["failed"] for each in rounds)}
    for percentile in ("p50", "p90", "p99"):
        row[percentile] = median(each.get(percentile, float("inf")) for each in rounds)
    row["p99 of p50"] = ratio(row["p99"], row["p50"])
    return {**row, "rounds": rounds}
