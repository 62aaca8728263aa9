"""What the doctor finds: one fact, what it means for which client, and how to mend it."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal

Level = Literal["ok", "warning", "failure", "skipped"]
SIGNS: dict[Level, str] = {"ok": "✓", "warning": "!", "failure": "✗", "skipped": "-"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report. A failure keeps clients out; a warning costs something; skipped was not looked at."""

    level: Level
    check: str
    """Stable name of what was found, for programs: `documents.html`."""
    asked: str
    """The request, or the setting, that was looked at."""
    got: str
    """What came."""
    means: str = ""
    """What that does to clients, in words."""
    mend: str = ""
    """What to do now."""
    clients: tuple[str, ...] | None = ()
    """Names of the known clients that it is about; empty for every client, None where they connect all the same."""
    ends: bool = False
    """Nothing more can be learned until this is mended."""

    @property
    def sign(self) -> str:
        """The character that its line begins with."""
        return SIGNS[self.level]

    @property
    def line(self) -> str:
        """The fact in one line."""
        about = f" ({', '.join(self.clients)})" if self.clients else ""
        return f"{self.asked}: {self.got}{about}"

    def concerns(self, client: str) -> bool:
        """Whether it is about the known client of that name."""
        return self.clients is not None and (not self.clients or client in self.clients)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether one known client would get through, and if not, what stops it first."""

    client: str
    level: Level
    because: Finding | None = None

    @property
    def sign(self) -> str:
        """The character that its line begins with."""
        return SIGNS[self.level]

    @property
    def line(self) -> str:
        """The verdict in one line."""
        if self.because is None:
            return f"{self.client} would connect"
        words = {"failure": "would not connect", "warning": "may not connect", "skipped": "was not examined to the end"}
        return f"{self.client} {words[self.level]}: {self.because.asked}: {self.because.got}"


def verdict(client: str, findings: Iterable[Finding]) -> Verdict:
    """What the findings mean for one client: its first failure, else the first warning that names it."""
    about = [finding for finding in findings if finding.concerns(client)]
    for finding in about:
        if finding.level == "failure":
            return Verdict(client, "failure", finding)
    for finding in about:
        if finding.level == "warning" and finding.clients:
            return Verdict(client, "warning", finding)
    for finding in about:
        if finding.ends:
            return Verdict(client, "skipped", finding)
    return Verdict(client, "ok")


def as_json(url: str, findings: Iterable[Finding], clients: Iterable[str]) -> dict[str, Any]:
    """The report for programs."""
    found = list(findings)
    return {
        "url": url,
        "failures": sum(finding.level == "failure" for finding in found),
        "warnings": sum(finding.level == "warning" for finding in found),
        "findings": [asdict(finding) for finding in found],
        "clients": {client: verdict(client, found).level for client in clients},
    }
