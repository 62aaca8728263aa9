"""Loads a server with one request, repeated by wrk, and says what each round measured."""

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import httpx

from benchmarks.calls import Request, WrongAnswerError
from benchmarks.machine import cpu_seconds, find_program, pinned

ROUNDS = int(os.environ.get("ROUNDS", "5"))
SECONDS = int(os.environ.get("SECONDS", "2"))
"""Of one round."""
CONNECTIONS = 16
SCRIPT = Path(__file__).with_name("call.lua")


@dataclass(frozen=True)
class Round:
    """What one round measured."""

    rate: float
    """Calls per second."""
    p50: float
    """Milliseconds; 16 connections that never pause wait for each other longer than for their own work."""
    p99: float
    cpu: float
    """Processor time of the server for one call, in microseconds: what a busy machine disturbs least."""


@dataclass
class Target:
    """A server under one name, the request that it is loaded with, and its rounds."""

    server: str
    title: str
    pid: int
    request: Request | None
    rounds: list[Round] = field(default_factory=list)
    problem: str = ""
    """Why there are no figures, where there are none."""

    def middle(self, name: str) -> float:
        """The median of all rounds."""
        return median(getattr(each, name) for each in self.rounds)

    @property
    def is_measured(self) -> bool:
        return bool(self.rounds) and not self.problem

    def result(self) -> dict[str, object]:
        """What goes into the file of results."""
        named: dict[str, object] = {"server": self.server, "title": self.title}
        if not self.is_measured:
            return {**named, "problem": self.problem or "it was not measured"}
        names = ("rate", "p50", "p99", "cpu")
        return {
            **named,
            **{name: round(self.middle(name), 3) for name in names},
            "rounds": [{name: round(getattr(each, name), 3) for name in names} for each in self.rounds],
        }


def measure_in_turn(targets: Sequence[Target], core: int | None, rounds: int = ROUNDS, seconds: int = SECONDS) -> None:
    """Load every target in turn, round after round, so that a slow moment of the machine meets all of them.

    One whose answer is wrong, or of whose calls one fails, is left out from then on.
    """
    for _ in range(rounds):
        for target in targets:
            if target.problem or target.request is None:
                continue
            try:
                target.request.check()
                target.rounds.append(one_round(target.request, target.pid, core, seconds))
            except (WrongAnswerError, httpx.HTTPError, OSError, subprocess.CalledProcessError) as error:
                target.problem = str(error)


def one_round(
    request: Request,
    pid: int,
    core: int | None,
    seconds: int = SECONDS,
    tokens: Path | None = None,
    connections: int = CONNECTIONS,
) -> Round:
    """One round of wrk; `tokens` is a file with one to a line that the calls take turns with."""
    environment = {
        **os.environ,
        "BENCH_BODY": request.text,
        "BENCH_HEADERS": "\n".join(f"{name}: {value}" for name, value in request.headers.items()),
        "BENCH_TOKENS": str(tokens or ""),
    }
    command = [find_program("wrk"), "-t1", f"-c{connections}", f"-d{seconds}s", "-s", str(SCRIPT), request.url]
    before = cpu_seconds(pid)
    with pinned(core):
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    spent = cpu_seconds(pid) - before
    return read_round(done.stdout, spent)


def read_round(printed: str, cpu: float) -> Round:
    """The round behind what call.lua printed; raises WrongAnswerError where a call failed or none was made."""
    calls, microseconds, errors, p50, p99 = map(int, printed.rpartition("RESULT ")[2].split())
    if errors or not calls:
        raise WrongAnswerError(f"{errors} of {calls} calls failed")
    return Round(calls / (microseconds / 1e6), p50 / 1000, p99 / 1000, cpu / calls * 1e6)
