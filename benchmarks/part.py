"""What one part of a run needs and what it gives back."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

from benchmarks.load import Target
from benchmarks.peers.servers import Server
from benchmarks.verdicts import Verdict

Row = dict[str, Any]


@dataclass
class Part:
    """A table: its rows as they go into the file of results, what was aimed at, and what a reader should know."""

    key: str
    title: str
    columns: tuple[str, ...]
    """Names of the rows' values that the table shows, in order."""
    rows: list[Row]
    verdicts: list[Verdict] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def result(self) -> dict[str, object]:
        """What goes into the file of results."""
        return {
            "title": self.title,
            "columns": list(self.columns),
            "rows": self.rows,
            "verdicts": [each.result() for each in self.verdicts],
            "notes": self.notes,
        }


@dataclass
class Bench:
    """The servers that run from beginning to end, and where servers and load have their place."""

    server_core: int | None
    client_core: int | None
    redis: str
    held: ExitStack
    """Ends what a part leaves running for later ones."""
    servers: dict[str, Server] = field(default_factory=dict)
    """By name, in the order of the tables."""
    memory: dict[str, int] = field(default_factory=dict)
    """Bytes of each server once it had answered."""
    problems: dict[str, str] = field(default_factory=dict)
    """Why a server is missing."""
    targets: dict[tuple[str, str], Target] = field(default_factory=dict)
    """Calls of the trivial tool by server and era, once they are measured."""

    def rate(self, server: str, era: str) -> float | None:
        """Calls per second of the trivial tool."""
        target = self.targets.get((server, era))
        return target.middle("rate") if target is not None and target.is_measured else None


def rate_in(targets: Sequence[Target], server: str, title: str) -> float | None:
    """Calls per second of one of these targets."""
    for target in targets:
        if (target.server, target.title) == (server, title) and target.is_measured:
            return target.middle("rate")
    return None
