"""`tools/list` with 50 tools, the same ones everywhere."""

from contextlib import ExitStack
from functools import partial

from benchmarks import this_site
from benchmarks.calls import MODERN, SESSION, list_tools
from benchmarks.load import measure_in_turn
from benchmarks.machine import BenchError
from benchmarks.part import Bench, Part, rate_in
from benchmarks.parts.tool_calls import NAMES, prepared
from benchmarks.peers import servers as peers
from benchmarks.peers.servers import PYTHON_SDK, Server
from benchmarks.this_site import CACHED, DATABASE
from benchmarks.verdicts import at_least, ratio

TOOLS = 50
ROUNDS = 3
LAST = f"forecast_{TOOLS - 1}"


def measure(bench: Bench) -> Part:
    """Every server that runs, started anew with 50 tools."""
    with ExitStack() as held:
        servers, notes = _servers(bench, held)
        targets = [
            prepared(each.name, era, each.pid, partial(list_tools, each.url, each.token, era, LAST))
            for each in servers
            for era in (MODERN, SESSION)
        ]
        measure_in_turn(targets, bench.client_core, ROUNDS)
    return Part(
        "lists",
        f"tools/list with {TOOLS} tools, one process",
        ("server", "title", "rate", "cpu", "p50", "p99"),
        [target.result() for target in targets],
        [
            at_least(
                f"{ours}, tools/list, {NAMES[era]}: calls/s of {PYTHON_SDK.name}",
                ratio(rate_in(targets, ours, era), rate_in(targets, PYTHON_SDK.name, era)),
                5.0,
            )
            for ours in (CACHED, DATABASE)
            for era in (MODERN, SESSION)
        ],
        notes,
    )


def _servers(bench: Bench, held: ExitStack) -> tuple[list[Server], list[str]]:
    """The servers, and a sentence for each that did not come up."""
    found, notes = [], []
    for name, redis in ((CACHED, bench.redis), (DATABASE, "")):
        if name in bench.servers:
            site = held.enter_context(this_site.running(bench.server_core, redis, TOOLS))
            found.append(site.as_server(name))
    for peer in peers.PEERS:
        if peer.name in bench.servers:
            try:
                found.append(held.enter_context(peers.running(peer, bench.server_core, TOOLS)))
            except BenchError as error:
                notes.append(f"{peer.name}: not measured, {error}")
    return found, notes
