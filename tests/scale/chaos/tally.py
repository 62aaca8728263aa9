"""What the clients of the chaos test met, counted."""

from collections import Counter
from dataclasses import dataclass, field


class Again(Exception):  # noqa: N818  (no error: it says that a call may be made once more)
    """A call that was not answered, and may be made once more."""


@dataclass
class Tally:
    """Counts over all clients."""

    answered: Counter[str] = field(default_factory=Counter)
    """Calls that got their answer, by era."""
    retried: Counter[str] = field(default_factory=Counter)
    """Calls made once more, by what stopped them."""
    asked: int = 0
    """Questions to the person that were answered."""
    resumed: int = 0
    """Calls whose answer came on a stream that was taken up on another connection."""
    reopened: int = 0
    """Standing streams that broke and were opened again."""
    responses: Counter[tuple[str, object]] = field(default_factory=Counter)
    """Responses to each request, by client and JSON-RPC id."""
    lost: list[str] = field(default_factory=list)
    """Sessions that a server no longer knew."""
    wrong: list[str] = field(default_factory=list)
    """Answers that were not what the call should get."""
    heard: dict[str, Counter[str]] = field(default_factory=dict)
    """How often each session that watches was told of each resource."""

    def lines(self) -> list[str]:
        """The counts, to print."""
        return [
            "calls answered: " + ", ".join(f"{era} {number}" for era, number in sorted(self.answered.items())),
            "called again after: "
            + (", ".join(f"{why} {number}" for why, number in self.retried.most_common()) or "nothing"),
            f"questions answered: {self.asked}; calls whose stream was resumed: {self.resumed}",
            f"standing streams opened again: {self.reopened}; sessions lost: {len(self.lost)}",
            f"watchers: {len(self.heard)}, told {sum(counts.total() for counts in self.heard.values())} times",
        ]
