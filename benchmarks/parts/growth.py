"""What a call costs as things grow: tools, stored tokens, and worker processes."""

import hashlib
import secrets
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from benchmarks import this_site
from benchmarks.calls import MODERN, Request, greet
from benchmarks.load import Round, one_round
from benchmarks.part import Bench, Part, Row
from benchmarks.stored_tokens import store
from benchmarks.verdicts import Verdict, change, within

FEW_TOOLS, MANY_TOOLS = 1, 1_000
FEW_TOKENS, MANY_TOKENS = 1_000, 1_000_000
WORKERS = (1, 2, 4)
ROUNDS = 5
WORKER_CONNECTIONS = 64
"""More than for one process, so that each worker has its share of them."""


@dataclass
class Case:
    """One size of what grows."""

    title: str
    pid: int
    request: Request
    tokens: Path | None = None
    rounds: list[Round] = field(default_factory=list)

    def row(self, server: str, other: "Case") -> Row:
        """Its figures, and how much they are more than those of the smaller case, round by round."""
        pairs = zip(other.rounds, self.rounds, strict=True)
        return {
            "server": server,
            "title": self.title,
            "rate": median(each.rate for each in self.rounds),
            "cpu": median(each.cpu for each in self.rounds),
            "change": None if other is self else median(change(few.rate, many.rate) or 0 for few, many in pairs),
            "rounds": [each.rate for each in self.rounds],
        }


def measure(bench: Bench) -> Part:
    """Each in turn: few, many, few, many."""
    with ExitStack() as held:
        tools = [_with_tools(bench, held, number) for number in (FEW_TOOLS, MANY_TOOLS)]
        _in_turn(tools, bench.client_core)
    with ExitStack() as held:
        tokens = [_with_tokens(bench, held, number) for number in (FEW_TOKENS, MANY_TOKENS)]
        _in_turn(tokens, bench.client_core)
    rows = [case.row(this_site.DATABASE, cases[0]) for cases in (tools, tokens) for case in cases]
    workers = _workers(bench)
    return Part(
        "growth",
        "What calls per second become as things grow, database check, 2026-07-28",
        ("server", "title", "rate", "cpu", "change"),
        [*rows, *workers],
        _verdicts(rows),
        [
            "Stored tokens take turns: each call has another of 1,000 that are spread among them all.",
            f"Workers are not pinned: they and wrk ({WORKER_CONNECTIONS} connections) share all cores of the machine, "
            "with Redis and the token cache.",
        ],
    )


def _verdicts(rows: Sequence[Row]) -> list[Verdict]:
    aims = (
        (f"{MANY_TOOLS:,} tools instead of {FEW_TOOLS:,}", rows[1]["change"]),
        (f"{MANY_TOKENS:,} stored tokens instead of {FEW_TOKENS:,}", rows[3]["change"]),
    )
    return [within(f"calls/s with {what}", figure) for what, figure in aims]


def _with_tools(bench: Bench, held: ExitStack, number: int) -> Case:
    site = held.enter_context(this_site.running(bench.server_core, tools=number))
    return Case(f"{number:,} tool{'s' * (number > 1)}", site.pid, greet(f"{site.url}/mcp", site.token, MODERN))


def _with_tokens(bench: Bench, held: ExitStack, number: int) -> Case:
    site = held.enter_context(this_site.running(bench.server_core))
    tokens = ["mcp_at_" + secrets.token_urlsafe(32) for _ in range(FEW_TOKENS)]
    file = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="bench-"))) / "tokens"
    file.write_text("\n".join(tokens) + "\n")
    store(this_site.database_of(site), [hashlib.sha256(each.encode()).hexdigest() for each in tokens], number)
    return Case(f"{number:,} stored tokens", site.pid, greet(f"{site.url}/mcp", tokens[-1], MODERN), file)


def _in_turn(cases: Sequence[Case], core: int | None) -> None:
    for _ in range(ROUNDS):
        for case in cases:
            case.request.check()
            case.rounds.append(one_round(case.request, case.pid, core, tokens=case.tokens))


def _workers(bench: Bench) -> list[Row]:
    rows = []
    for number in WORKERS:
        with this_site.running(None, bench.redis, arguments=("--workers", str(number))) as site:
            case = Case(f"{number} worker{'s' * (number > 1)}", site.pid, greet(f"{site.url}/mcp", site.token, MODERN))
            for _ in range(3):
                case.rounds.append(one_round(case.request, case.pid, None, connections=WORKER_CONNECTIONS))
        rows.append({**case.row(this_site.CACHED, case)})
    for row in rows[1:]:
        row["change"] = change(rows[0]["rate"], row["rate"])
    return rows
