"""What the ledger costs: the same call with `MCP_LEDGER` off, on and strict, in turns. Part of `make bench`."""

import sys
from contextlib import ExitStack
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.bench import (  # noqa: E402  (the project is importable only from here on)
    CONNECTIONS,
    PASSWORD,
    SECONDS,
    USERNAME,
    UVICORN,
    BenchError,
    Target,
    cores,
    find_wrk,
    mcp_targets,
    pinned,
)
from tests.clients.app import App  # noqa: E402
from tests.live import LiveServer  # noqa: E402
from tests.person import Person  # noqa: E402

MODES = ("off", "on", "strict")
ROUNDS = 7


def main() -> None:
    """Measure all modes, round after round, and print medians and the median of each round's ratio to `off`."""
    wrk = find_wrk()
    server_core, client_core = cores()
    with ExitStack() as servers:
        targets = {mode: target(servers, mode, server_core) for mode in MODES}
        for _ in range(ROUNDS):
            for each in targets.values():
                each.check()
                each.measure(wrk, client_core)
    print(f"\nLedger: {CONNECTIONS} connections, 2026-07-28, async def tool: {ROUNDS} rounds of {SECONDS} s")
    print(f"{'MCP_LEDGER':14}{'calls/s':>9}{'of off':>10}{'CPU µs':>9}{'p50 ms':>9}{'p99 ms':>9}")
    for mode, each in targets.items():
        ratio = median(rate / off for rate, off in zip(each.rates, targets["off"].rates, strict=True))
        print(
            f"{mode:14}{median(each.rates):>9,.0f}{ratio:>10.1%}"
            f"{median(each.cpu):>9,.0f}{median(each.p50):>9.1f}{median(each.p99):>9.1f}"
        )


def target(servers: ExitStack, mode: str, core: int | None) -> Target:
    """A server in this mode and the call to repeat there."""
    with pinned(core):
        site = servers.enter_context(LiveServer("uvicorn", arguments=UVICORN, env={"MCP_LEDGER": mode}))
    site.create_user(USERNAME, PASSWORD)
    token = App(site.url).connect(Person(site.url, USERNAME, PASSWORD))
    return next(mcp_targets(site.pid, f"{site.url}/mcp", token))


if __name__ == "__main__":
    try:
        main()
    except BenchError as problem:
        sys.exit(str(problem))
