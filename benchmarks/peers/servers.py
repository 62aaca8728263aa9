"""What a user would pick instead: each peer in its fastest sensible mode, with a real bearer token at each call."""

import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.machine import ROOT, BenchError, ended, free_port, pinned, wait_for_port
from benchmarks.peers.install import NODE, TYPESCRIPT, python_of

UVICORN = ("--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning")
THREADS = 8
"""Of gunicorn: one for every two connections of the load, which is more than one core can use."""


@dataclass(frozen=True)
class Server:
    """A running server and a token that it takes."""

    name: str
    pid: int
    url: str
    token: str


@dataclass(frozen=True)
class Peer:
    """Another way to have an MCP server behind OAuth."""

    name: str
    version: str
    check: str
    """What happens to the token at each call."""
    runs: str
    command: Callable[[int], list[str]]
    orm: bool = False


def _uvicorn(python: str, app: str) -> Callable[[int], list[str]]:
    return lambda port: [python, "-m", "uvicorn", *UVICORN, "--port", str(port), app]


def _gunicorn(port: int) -> list[str]:
    options = ("--worker-class", "gthread", "--workers", "1", "--threads", str(THREADS), "--keep-alive", "75")
    program = [python_of("django-mcpz"), "-m", "gunicorn", *options, "--log-level", "warning"]
    return [*program, "--bind", f"127.0.0.1:{port}", "benchmarks.peers.mcpz_site:application"]


TYPESCRIPT_SDK = Peer(
    "TypeScript SDK",
    "@modelcontextprotocol/server 2.4.0, express 5.2.1, mcp-oauth-server 1.0.0",
    "a lookup in the in-memory model of mcp-oauth-server, then requireBearerAuth's own checks",
    "Node.js 26, NODE_ENV=production, createMcpHandler on Express; 2025 sessions with a transport each",
    lambda port: [str(NODE), str(TYPESCRIPT / "server.mjs")],
)
FASTMCP = Peer(
    "FastMCP",
    "fastmcp 4.1.6",
    "a lookup in a dict (StaticTokenVerifier)",
    "uvicorn with uvloop and httptools, JSON answers",
    _uvicorn(python_of("fastmcp"), "benchmarks.peers.fastmcp_app:app"),
)
DJANGO_MCPZ = Peer(
    "django-mcpz",
    "django-mcpz 1.2.0, Django 5.2",
    "one query on SQLite by its OAuth app (oauth_auth), over a connection that stays open",
    f"gunicorn with {THREADS} threads, no middleware; no sessions: it serves the 2025 era without them",
    _gunicorn,
    orm=True,
)
PYTHON_SDK = Peer(
    "Python SDK",
    "mcp 2.3.0",
    "a lookup in a dict (its TokenVerifier)",
    "MCPServer and its session manager, uvicorn with uvloop and httptools, JSON answers",
    _uvicorn(sys.executable, "benchmarks.peers.sdk_app:app"),
)
PEERS = (TYPESCRIPT_SDK, FASTMCP, DJANGO_MCPZ, PYTHON_SDK)


@contextmanager
def running(peer: Peer, core: int | None, tools: int = 0) -> Iterator[Server]:
    """The peer on a core; with `tools` tools instead of its own. Raises BenchError when it does not come up."""
    port, token = free_port(), secrets.token_urlsafe(32)
    url = f"http://127.0.0.1:{port}/mcp"
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        environment = {
            **os.environ,
            "NODE_ENV": "production",
            "PORT": str(port),
            "PYTHONPATH": str(ROOT),
            "BENCH_TOKEN": token,
            "BENCH_TOOLS": str(tools),
            "BENCH_DATABASE": str(Path(directory) / "db.sqlite3"),
        }
        if peer is DJANGO_MCPZ:
            fill = [python_of("django-mcpz"), "-m", "benchmarks.peers.mcpz_site", url]
            done = subprocess.run(fill, cwd=ROOT, env=environment, capture_output=True, text=True)
            if done.returncode:
                raise BenchError(f"{peer.name}: {done.stderr[-1000:]}")
        with (Path(directory) / "log").open("wb") as log, pinned(core):
            process = subprocess.Popen(
                peer.command(port), cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT
            )
        with ended(process):
            try:
                wait_for_port(port, process, peer.name)
            except BenchError as error:
                said = (Path(directory) / "log").read_text(errors="replace")
                raise BenchError(f"{error} {said[-1000:]}") from None
            yield Server(peer.name, process.pid, url, token)
