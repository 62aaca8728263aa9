"""`tools/call` of a sync tool that reads one row through the ORM."""

from functools import partial

from benchmarks.calls import ERAS, MODERN, call
from benchmarks.load import Target, measure_in_turn
from benchmarks.part import Bench, Part, rate_in
from benchmarks.parts.tool_calls import prepared
from benchmarks.peers.servers import DJANGO_MCPZ
from benchmarks.this_site import CACHED, DATABASE
from benchmarks.verdicts import at_least, ratio

ROUNDS = 3


def measure(bench: Bench) -> Part:
    """This site in both configurations, and the peer that has an ORM."""
    targets: list[Target] = []
    for name in (CACHED, DATABASE, DJANGO_MCPZ.name):
        if (server := bench.servers.get(name)) is None:
            continue
        for era in ERAS:
            found = (server.url, server.token, era, "find_group", {"name": "readers"}, "readers is group")
            targets.append(prepared(name, era, server.pid, partial(call, *found)))
    measure_in_turn(targets, bench.client_core, ROUNDS)
    other = rate_in(targets, DJANGO_MCPZ.name, MODERN)
    return Part(
        "orm",
        "tools/call of a sync tool that reads a row, one process",
        ("server", "title", "rate", "cpu", "p50", "p99"),
        [target.result() for target in targets],
        [
            at_least(
                f"{ours}, ORM tool, {MODERN}: calls/s of {DJANGO_MCPZ.name}",
                ratio(rate_in(targets, ours, MODERN), other),
                1.2,
            )
            for ours in (CACHED, DATABASE)
        ],
    )
