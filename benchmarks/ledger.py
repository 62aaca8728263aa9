"""What the ledger costs: the same call with `MCP_LEDGER` off, on and strict, in turns. Part of `make bench`."""

import sys
from contextlib import ExitStack
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks import this_site  # noqa: E402  (the project is importable only from here on)
from benchmarks.calls import MODERN, greet  # noqa: E402
from benchmarks.load import CONNECTIONS, SECONDS, Target, measure_in_turn  # noqa: E402
from benchmarks.machine import BenchError, cores  # noqa: E402

MODES = ("off", "on", "strict")
ROUNDS = 5


def main() -> None:
    """Measure all modes, round after round, and print medians and the median of each round's ratio to `off`."""
    server_core, client_core = cores()
    with ExitStack() as servers:
        targets = {mode: target(servers, mode, server_core) for mode in MODES}
        measure_in_turn([*targets.values()], client_core, ROUNDS)
    for each in targets.values():
        if each.problem:
            raise BenchError(f"{each.title}: {each.problem}")
    print(f"\nLedger: {CONNECTIONS} connections, 2026-07-28, async def tool: {ROUNDS} rounds of {SECONDS} s")
    print(f"{'MCP_LEDGER':14}{'calls/s':>9}{'of off':>10}{'CPU µs':>9}{'p50 ms':>9}{'p99 ms':>9}")
    for mode, each in targets.items():
        pairs = zip(each.rounds, targets["off"].rounds, strict=True)
        ratio = median(one.rate / off.rate for one, off in pairs)
        print(
            f"{mode:14}{each.middle('rate'):>9,.0f}{ratio:>10.1%}"
            f"{each.middle('cpu'):>9,.0f}{each.middle('p50'):>9.1f}{each.middle('p99'):>9.1f}"
        )


def target(servers: ExitStack, mode: str, core: int | None) -> Target:
    """A server in this mode and the call to repeat there."""
    site = servers.enter_context(this_site.running(core, environment={"MCP_LEDGER": mode}))
    return Target("this site", mode, site.pid, greet(f"{site.url}/mcp", site.token, MODERN))


if __name__ == "__main__":
    try:
        main()
    except BenchError as problem:
        sys.exit(str(problem))
