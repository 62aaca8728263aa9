"""People that the tests' authenticator knows, by the token they carry."""

import time
from dataclasses import dataclass, field
from typing import Any, cast

from django.utils.asyncio import async_unsafe

from oauth_bridge.bearer import BearerError
from oauth_bridge.principal import Principal

HOUR = 3600.0


@dataclass
class Somebody:
    """A user as far as this room looks at one. Asking for permissions is work for a thread, as with a real user."""

    pk: int
    username: str
    permissions: set[str] = field(default_factory=set)

    def get_username(self) -> str:
        return self.username

    @async_unsafe
    def has_perms(self, wanted: Any) -> bool:
        return self.permissions >= set(wanted)


_known: dict[str, Principal] = {}


def principal(
    user: Somebody | None = None,
    *scopes: str,
    client_id: str = "client",
    connection_id: int = 1,
    lasts: float = HOUR,
) -> Principal:
    """A caller; with the base scope unless others are named."""
    return Principal(
        user=cast(Any, user or Somebody(1, "alice")),
        client_id=client_id,
        client_name="Tests",
        connection_id=connection_id,
        scopes=frozenset(scopes or ("mcp",)),
        resource="http://localhost:8000/mcp",
        expires_at=time.time() + lasts,
    )


def let_in(token: str, caller: Principal) -> Principal:
    """Make a token good for a caller."""
    _known[token] = caller
    return caller


def shut_out(token: str) -> None:
    """Make a token good for nothing."""
    del _known[token]


def forget_everybody() -> None:
    """Start with alice and bob, who have the base scope."""
    _known.clear()
    let_in("alice", principal(Somebody(1, "alice"), connection_id=1))
    let_in("bob", principal(Somebody(2, "bob"), connection_id=2))


def authenticator(token: str | None, resource: str) -> Principal:
    """What `MCP_AUTHENTICATOR` names in these tests."""
    if not token:
        raise BearerError(None, "An access token is needed.")
    if token == "torn":
        raise BearerError("invalid_request", "The request is malformed.")
    if token not in _known:
        raise BearerError("invalid_token", "The access token is invalid.")
    return _known[token]
