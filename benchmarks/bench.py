"""Measures this site beside what a user would pick instead: `make bench`. README.md here says how to read it.

ROUNDS=1 SECONDS=1 PARTS=calls SERVERS="this site" make bench      a short look at one part and some servers
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from pathlib import Path

from benchmarks import this_site
from benchmarks.calls import MODERN, Request, WrongAnswerError, greet
from benchmarks.load import CONNECTIONS, ROUNDS, SECONDS
from benchmarks.machine import (
    ROOT,
    BenchError,
    cores,
    ended,
    facts,
    free_port,
    pinned,
    raise_descriptor_limit,
    redis_server,
    resident_bytes,
    wait_for_port,
)
from benchmarks.part import Bench
from benchmarks.parts import PARTS
from benchmarks.parts.tool_calls import HELLO
from benchmarks.peers import servers as peers
from benchmarks.peers.install import install
from benchmarks.peers.servers import UVICORN, Server
from benchmarks.report import print_part, print_verdicts, write_page
from tests.live import ServerError

RESULTS = ROOT / "benchmarks" / "results.json"
SCRIPTS = ("ledger", "ledger_pages", "oauth")


def main() -> int:
    """Measure, print and write everything; the exit code is 1 where a part could not be measured."""
    wanted = os.environ.get("PARTS", ",".join(PARTS)).split(",")
    began = time.monotonic()
    install()
    raise_descriptor_limit()
    server_core, client_core = cores()
    results: dict[str, object] = {
        "machine": facts(),
        "rounds": ROUNDS,
        "seconds": SECONDS,
        "connections": CONNECTIONS,
        "pinned": server_core is not None,
        "servers": described(),
    }
    failed, parts, verdicts = [], {}, []
    with ExitStack() as held, redis_server(client_core) as redis:
        bench = Bench(server_core, client_core, redis, held)
        start_servers(bench, os.environ.get("SERVERS", ""))
        for name in wanted:
            try:
                part = PARTS[name](bench)
            # Whatever it was: the other parts are measured all the same.
            except Exception as error:
                print(f"\n{name} could not be measured: {type(error).__name__} {error}", flush=True)
                failed.append(name)
                continue
            print_part(part)
            parts[part.key] = part.result()
            verdicts += part.verdicts
    printed = {} if "PARTS" in os.environ else dict(map(run_script, SCRIPTS))
    print_verdicts(verdicts)
    results |= {"parts": parts, "printed": printed, "failed": failed, "took": round(time.monotonic() - began)}
    Path(os.environ.get("RESULTS", RESULTS)).write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n")
    print(f"\n{results['took']} s in all")
    if "RESULTS" not in os.environ and "PARTS" not in os.environ:
        write_page(results)
    return int(bool(failed))


def run_script(name: str) -> tuple[str, str]:
    """Name and output of a measurement that is a program of its own, shown as it comes."""
    lines = []
    with subprocess.Popen(
        [sys.executable, "-m", f"benchmarks.{name}"], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        for line in process.stdout or ():
            print(line, end="", flush=True)
            lines.append(line)
    return name, "".join(lines).strip()


def described() -> dict[str, dict[str, str]]:
    """What each server is, how it runs and what it does with a token."""
    ours = {
        name: {
            "version": "",
            "check": check,
            "runs": "uvicorn with uvloop and httptools, ledger on, as shipped",
        }
        for name, check in this_site.CHECKS.items()
    }
    return ours | {peer.name: {"version": peer.version, "check": peer.check, "runs": peer.runs} for peer in peers.PEERS}


def start_servers(bench: Bench, among: str) -> None:
    """Start everything that stays until the end, of which the name has `among` in it.

    A peer that does not come up is named with the reason.
    """
    _start(bench, HELLO, hello(bench.server_core))
    for name, redis in ((this_site.CACHED, bench.redis), (this_site.DATABASE, "")):
        if among in name:
            _start(bench, name, this_site.served(name, bench.server_core, redis))
    for peer in peers.PEERS:
        if among in peer.name:
            try:
                _start(bench, peer.name, peers.running(peer, bench.server_core))
            except BenchError as error:
                bench.problems[peer.name] = str(error)


def _start(bench: Bench, name: str, starting: AbstractContextManager[Server]) -> None:
    """Start a server and note what it weighs after its first answer."""
    server = bench.held.enter_context(starting)
    bench.servers[name] = server
    with suppress(WrongAnswerError):
        request = greet(server.url, server.token, MODERN) if server.token else Request(server.url, "world")
        request.check()
    bench.memory[name] = resident_bytes(server.pid)


@contextmanager
def hello(core: int | None) -> Iterator[Server]:
    """The bare app, served as the site is."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", *UVICORN, "--port", str(port), "benchmarks.hello:app"]
    with pinned(core):
        process = subprocess.Popen(command, cwd=ROOT)
    with ended(process):
        wait_for_port(port, process, HELLO)
        yield Server(HELLO, process.pid, f"http://127.0.0.1:{port}/", "")


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (BenchError, ServerError) as problem:
        sys.exit(str(problem))
