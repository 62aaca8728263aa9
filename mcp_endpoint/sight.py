"""What a caller is given of an Endpoint, and why the rest is hidden: what `OAUTH_BRIDGE_SIGHT` names."""

from collections.abc import Iterable, Iterator

from mcp_endpoint.endpoints import endpoints
from mcp_endpoint.entries import Entry, PromptEntry, ResourceEntry, ToolEntry
from mcp_endpoint.registry import is_held, may_use, scopes_of
from oauth_bridge.principal import Principal
from oauth_bridge.sight import Sighted


def sighted(principal: Principal) -> list[Sighted]:
    """Every entry of the Endpoint that the caller is for, in the order of its lists. May query the database."""
    return [
        _sighted(principal, entry)
        for endpoint in endpoints()
        if endpoint.uri == principal.resource
        for entry in endpoint.registry.entries()
    ]


def reasons(principal: Principal, entry: Entry) -> Iterator[str]:
    """Why `registry.may_use` refuses an entry, in sentences; none for what it allows."""
    if missing := sorted(scopes_of(entry) - principal.scopes):
        yield f"The connection lacks the scope {_listed(missing)}."
    if principal.read_only and isinstance(entry, ToolEntry) and entry.effect != "read":
        yield "The connection may only read, and this tool does more."
    if is_held(principal, entry):
        yield "It is held back: it changed since its user saw it, or is new, and they have not looked at it yet."
    if refused := [name for name in entry.access.permissions if not principal.user.has_perms((name,))]:
        yield f"The user lacks the permission {_listed(refused)}."


def _sighted(principal: Principal, entry: Entry) -> Sighted:
    kind, name, title = _described(entry)
    is_given = may_use(principal, entry)
    return Sighted(kind, name, title, is_given, () if is_given else tuple(reasons(principal, entry)))


def _described(entry: Entry) -> tuple[str, str, str]:
    if isinstance(entry, ToolEntry):
        return "Tool", entry.name, entry.wire.title or ""
    if isinstance(entry, ResourceEntry):
        return "Resource template" if entry.template else "Resource", entry.uri, entry.title or entry.name
    if isinstance(entry, PromptEntry):
        return "Prompt", entry.name, entry.wire.title or ""
    raise TypeError(type(entry).__name__)


def _listed(names: Iterable[str]) -> str:
    return " and ".join(repr(name) for name in names)
