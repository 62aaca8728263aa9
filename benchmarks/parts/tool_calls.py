"""`tools/call` of the trivial async tool in both eras, beside every peer and the least that a server can do."""

from collections.abc import Callable
from functools import partial

import httpx

from benchmarks.calls import ERAS, MODERN, SESSION, Request, WrongAnswerError, greet
from benchmarks.load import Target, measure_in_turn
from benchmarks.part import Bench, Part
from benchmarks.peers.servers import DJANGO_MCPZ, FASTMCP, TYPESCRIPT_SDK
from benchmarks.this_site import CACHED, DATABASE
from benchmarks.verdicts import Verdict, at_least, ratio

HELLO = "bare hello ASGI app"
NAMES: dict[str, str] = {MODERN: MODERN, SESSION: "2025 session"}
AIMS = (
    (CACHED, TYPESCRIPT_SDK.name, 2.0),
    (CACHED, FASTMCP.name, 4.0),
    (CACHED, DJANGO_MCPZ.name, 4.0),
    (DATABASE, DJANGO_MCPZ.name, 1.3),
)


def measure(bench: Bench) -> Part:
    """Every server in every era."""
    targets = [target for name in bench.servers for target in _targets(bench, name)]
    measure_in_turn(targets, bench.client_core)
    bench.targets = {(target.server, target.title): target for target in targets}
    floor = bench.rate(HELLO, "")
    rows = []
    for target in targets:
        row = target.result()
        row["of hello"] = ratio(bench.rate(target.server, target.title), floor)
        rows.append(row)
    return Part(
        "calls",
        "tools/call of a trivial async tool, one process",
        ("server", "title", "rate", "of hello", "cpu", "p50", "p99"),
        rows,
        list(verdicts(bench)),
        [f"{name}: not measured, {why}" for name, why in bench.problems.items()],
    )


def verdicts(bench: Bench) -> list[Verdict]:
    """How many times a peer's calls per second this site has, in each era."""
    return [
        at_least(f"{ours}, {NAMES[era]}: calls/s of {peer}", ratio(bench.rate(ours, era), bench.rate(peer, era)), least)
        for ours, peer, least in AIMS
        for era in ERAS
    ]


def prepared(name: str, title: str, pid: int, make: Callable[[], Request]) -> Target:
    """A target, or the reason why there is no request to repeat."""
    try:
        return Target(name, title, pid, make())
    except (httpx.HTTPError, WrongAnswerError, KeyError) as error:
        return Target(name, title, pid, None, problem=str(error))


def _targets(bench: Bench, name: str) -> list[Target]:
    server = bench.servers[name]
    if name == HELLO:
        return [Target(name, "", server.pid, Request(server.url, "world"))]
    return [prepared(name, era, server.pid, partial(greet, server.url, server.token, era)) for era in ERAS]
