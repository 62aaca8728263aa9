"""What the rules learn of a token request while they judge it, for the record alone: clients are told less."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from oauth_bridge.models import Connection


@dataclass(slots=True)
class Findings:
    """What is known of one request so far."""

    why: str = ""
    """Why it would be refused now, in words for the operator."""
    connection: Connection | None = None
    challenge: str = ""
    """The PKCE challenge of the code's authorization request."""


_findings: ContextVar[Findings | None] = ContextVar("oauth_bridge_findings", default=None)


@contextmanager
def looking() -> Iterator[Findings]:
    """Within it, findings are kept."""
    findings = Findings()
    token = _findings.set(findings)
    try:
        yield findings
    finally:
        _findings.reset(token)


def explain(why: str) -> None:
    """Say why the request is refused, if it is; an empty text takes that back."""
    if (findings := _findings.get()) is not None:
        findings.why = why


def found(connection: Connection, challenge: str = "") -> None:
    """Say which connection a token is issued for."""
    if (findings := _findings.get()) is not None:
        findings.connection, findings.challenge = connection, challenge
