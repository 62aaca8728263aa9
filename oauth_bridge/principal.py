"""The verified caller of one request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from accounts.models import User  # apps that declare tools are imported before models can be
    from oauth_bridge.budget import Budget


@dataclass(frozen=True, slots=True)
class Principal:
    """Who calls, through which client, and what they were granted; the same whatever verified it."""

    user: User
    client_id: str
    client_name: str
    connection_id: int
    scopes: frozenset[str]
    resource: str
    expires_at: float
    """Unix time, in seconds, at which the credential ends."""
    read_only: bool = False
    """Whether only tools that read are open."""
    budget: Budget | None = None
    """How many tools it may call in a time; None is as many as it likes."""
    held_tools: frozenset[str] = frozenset()
    """Names of tools that changed since the user saw them: closed until they have seen the difference."""

    @property
    def owner(self) -> str:
        """Identity that sessions and request state are bound to: client and user, stable across refresh."""
        return f"{self.user.pk}:{self.client_id}"
