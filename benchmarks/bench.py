"""Calls per second of an authenticated `tools/call`: `make bench`. README.md here says how to read it."""

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import httpx

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.clients.app import App  # noqa: E402  (the project is importable only from here on)
from tests.live import LiveServer  # noqa: E402
from tests.person import Person  # noqa: E402

ROUNDS, SECONDS, CONNECTIONS = 3, 2, 16
UVICORN = ("--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning")
USERNAME, PASSWORD = "bench", "a passphrase for one run"
ID = "@ID@"
META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
}


class BenchError(Exception):
    """A sentence that tells a person what to do."""


@dataclass
class Target:
    """One request to repeat, the text its answer must have, and what each round measured."""

    title: str
    pid: int
    url: str
    expected: str
    headers: dict[str, str] = field(default_factory=dict)
    body: Mapping[str, object] = field(default_factory=dict)
    rates: list[float] = field(default_factory=list)
    p50: list[float] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def check(self) -> None:
        """Make one request and read its answer: a fast refusal is no result."""
        transport = httpx.HTTPTransport(retries=5)  # a server that was just started may not listen yet
        with httpx.Client(transport=transport, timeout=30) as client:
            answer = client.post(self.url, headers=self.headers, content=self.text.replace(ID, "1"))
        if answer.status_code != 200 or self.expected not in answer.text or '"isError":true' in answer.text:
            raise BenchError(f"{self.title}: {answer.status_code} {answer.text[:300]}")

    @property
    def text(self) -> str:
        """The body, with `ID` where each request has a number of its own."""
        return json.dumps({"jsonrpc": "2.0", "id": ID, **self.body}).replace(f'"{ID}"', ID)

    def measure(self, wrk: str, core: int | None) -> None:
        """One round of wrk."""
        environment = {
            **os.environ,
            "BENCH_BODY": self.text,
            "BENCH_HEADERS": "\n".join(f"{name}: {value}" for name, value in self.headers.items()),
        }
        options = ["-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "-s", str(ROOT / "benchmarks" / "call.lua")]
        before = cpu_seconds(self.pid)
        with pinned(core):
            done = subprocess.run(
                [wrk, *options, self.url], env=environment, capture_output=True, text=True, check=True
            )
        calls, microseconds, errors, p50, p99 = map(int, done.stdout.rpartition("RESULT ")[2].split())
        if errors:
            raise BenchError(f"{self.title}: {errors} of {calls} calls failed.")
        self.cpu.append((cpu_seconds(self.pid) - before) / calls * 1e6)
        self.rates.append(calls / (microseconds / 1e6))
        self.p50.append(p50 / 1000)
        self.p99.append(p99 / 1000)


def main() -> None:
    """Measure every target in turn, round after round, and print the medians."""
    wrk = find_wrk()
    server_core, client_core = cores()
    with pinned(server_core), LiveServer("uvicorn", arguments=UVICORN) as site, hello_server() as hello:
        site.create_user(USERNAME, PASSWORD)
        token = App(site.url).connect(Person(site.url, USERNAME, PASSWORD))
        targets = [hello, *mcp_targets(site.pid, f"{site.url}/mcp", token)]
        for _ in range(ROUNDS):
            for target in targets:
                target.check()
                target.measure(wrk, client_core)
        for target in targets:
            target.check()
    where = "sharing cores with wrk" if server_core is None else "on one core, wrk on another"
    print(f"{CONNECTIONS} connections, one server process {where}: medians of {ROUNDS} rounds of {SECONDS} s")
    print(f"{'':34}{'calls/s':>9}{'of hello':>10}{'CPU µs':>9}{'p50 ms':>9}{'p99 ms':>9}")
    for target in targets:
        rate = median(target.rates)
        print(
            f"{target.title:34}{rate:>9,.0f}{rate / median(hello.rates):>10.1%}"
            f"{median(target.cpu):>9,.0f}{median(target.p50):>9.1f}{median(target.p99):>9.1f}"
        )


# --- What is measured -------------------------------------------------------------------------


def mcp_targets(pid: int, url: str, token: str) -> Iterator[Target]:
    """An `async def` tool in both eras, and a `def` tool, which takes a thread."""
    headers = {
        "Authorization": f"Bearer {token}",
        "Content-Type": "application/json",
        "Accept": "application/json, text/event-stream",
    }
    for title, name, arguments, expected in (
        ("async def tool", "greet", {"name": "Ada"}, "Hello, Ada!"),
        ("def tool", "add", {"a": 2, "b": 3}, "5"),
    ):
        params = {"name": name, "arguments": arguments}
        modern = {
            **headers,
            "MCP-Protocol-Version": "2026-07-28",
            "Mcp-Method": "tools/call",
            "Mcp-Name": name,
        }
        body = {"method": "tools/call", "params": {**params, "_meta": META}}
        yield Target(f"2026-07-28, {title}", pid, url, expected, modern, body)
        session = {**headers, **start_session(url, headers)}
        yield Target(
            f"2025-11-25 session, {title}",
            pid,
            url,
            expected,
            session,
            {"method": "tools/call", "params": params},
        )


def start_session(url: str, headers: dict[str, str]) -> dict[str, str]:
    """Headers that name a new session."""
    params = {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "bench", "version": "1"},
    }
    hello = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params}
    answer = httpx.post(url, headers=headers, json=hello).raise_for_status()
    session = {"Mcp-Session-Id": answer.headers["mcp-session-id"], "MCP-Protocol-Version": "2025-11-25"}
    ready = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    httpx.post(url, headers={**headers, **session}, json=ready).raise_for_status()
    return session


@contextmanager
def hello_server() -> Iterator[Target]:
    """The bare app, served as the site is."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "uvicorn", *UVICORN, "--port", str(port), "benchmarks.hello:app"], cwd=ROOT
    )
    try:
        yield Target("bare hello ASGI app", process.pid, f"http://127.0.0.1:{port}/", "world")
    finally:
        process.terminate()
        process.wait()


# --- What it is measured with -----------------------------------------------------------------


def cores() -> tuple[int | None, int | None]:
    """A core for the server and another for wrk, where this system can pin a process to one."""
    if not hasattr(os, "sched_getaffinity"):
        return None, None
    usable = sorted(os.sched_getaffinity(0))
    return (usable[0], usable[-1]) if len(usable) > 1 else (None, None)


@contextmanager
def pinned(core: int | None) -> Iterator[None]:
    """Processes started inside stay on this core."""
    if core is None:
        yield
        return
    usable = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, usable)


def cpu_seconds(pid: int) -> float:
    """Processor time that a process has had so far; 0 where the system does not tell (proc(5), stat)."""
    stat = Path(f"/proc/{pid}/stat")
    if not stat.exists():
        return 0.0
    user, system = stat.read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def find_wrk() -> str:
    """Path of wrk; from the system's packages when there is none and this is root."""
    if (found := shutil.which("wrk")) is not None:
        return found
    apt = shutil.which("apt-get")
    if apt is None or os.geteuid() != 0:
        raise BenchError("wrk is missing: install it (Debian, Ubuntu: apt-get install wrk) and run this again.")
    subprocess.run([apt, "install", "-y", "-qq", "wrk"], check=True, stdout=subprocess.DEVNULL)
    return shutil.which("wrk") or "wrk"


if __name__ == "__main__":
    try:
        main()
    except BenchError as problem:
        sys.exit(str(problem))
