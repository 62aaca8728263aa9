"""What a server weighs once it answers, and how long `make run` takes on a machine that ran it before."""

import os
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from statistics import median

import httpx

from benchmarks.machine import ROOT, BenchError, find_program, free_port
from benchmarks.part import Bench, Part, Row
from benchmarks.verdicts import below

ROUNDS = 3
MOST_SECONDS = 3.0
PATIENCE = 120.0
"""Seconds after which a site that does not answer is given up."""


def measure(bench: Bench) -> Part:
    """Memory as noted when the servers came up; `make run` a few times in a row, after one that made the database."""
    rows: list[Row] = [
        {"server": name, "title": "memory at start, MB", "figure": weight / 1024 / 1024}
        for name, weight in bench.memory.items()
    ]
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        seconds = [seconds_to_first_answer(directory) for _ in range(ROUNDS + 1)]
    rows.append({"server": "this site", "title": "make run, first time, s", "figure": seconds[0]})
    warm = median(seconds[1:])
    rows.append({"server": "this site", "title": "make run, s", "figure": warm, "rounds": seconds[1:]})
    return Part(
        "start",
        "Memory once a server has answered, and seconds from make run to the first 200",
        ("server", "title", "figure"),
        rows,
        [below("seconds from make run to the first 200 on a warm machine", warm, MOST_SECONDS, " s")],
        ["Memory is that of the process and its children, pages that they share counted once (PSS)."],
    )


def seconds_to_first_answer(directory: str) -> float:
    """Start the site as a person does, with a database in this directory, and end it again."""
    port = free_port()
    environment = {
        **os.environ,
        "PORT": str(port),
        "PUBLIC_URL": f"http://localhost:{port}",
        "DATABASE_URL": f"sqlite:///{directory}/db.sqlite3",
    }
    wrote_env = not (ROOT / ".env").exists()
    began = time.perf_counter()
    process = subprocess.Popen(
        [find_program("make"), "run"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        with httpx.Client(trust_env=False) as client:
            while process.poll() is None and time.perf_counter() < began + PATIENCE:
                with suppress(httpx.TransportError):
                    if client.get(f"http://127.0.0.1:{port}/").status_code == 200:
                        return time.perf_counter() - began
                time.sleep(0.02)
        raise BenchError("make run did not come to answer.")
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        process.wait()
        if wrote_env:
            (ROOT / ".env").unlink(missing_ok=True)
