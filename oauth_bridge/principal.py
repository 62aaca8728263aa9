"""The verified caller of one request."""

from __future__ import annotations

from dataclasses import dataclass, fields
from operator import attrgetter
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
    token_id: int | None = None
    """Primary key of the access token, where it is one that can be revoked alone."""

    def with_user(self, user: User) -> Principal:
        """The same caller, whose user is this object; three times as fast as `dataclasses.replace`."""
        return Principal(user, *_all_but_the_user(self))

    @property
    def owner(self) -> str:
        """Identity that sessions and request state are bound to: client and user, stable across refresh."""
        return f"{self.user.pk}:{self.client_id}"


_all_but_the_user = attrgetter(*(field.name for field in fields(Principal)[1:]))
