"""What apps declared for one Endpoint, and who may see which of it."""

import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from mcp_endpoint.entries import CompletionEntry, Entry, PromptEntry, ResourceEntry, ScopeEntry, ToolEntry
from mcp_endpoint.errors import DeclarationError
from oauth_bridge.principal import Principal

DEFAULT = "default"
BASE_SCOPE = "mcp"
"""Opens whatever declares no scope of its own."""

E = TypeVar("E", bound=Entry)


class Registry:
    """Tools, resources, prompts, completions and scopes of one Endpoint, in the order of declaration."""

    def __init__(self) -> None:
        self.scopes: dict[str, ScopeEntry] = {
            BASE_SCOPE: ScopeEntry(BASE_SCOPE, "Use the tools of this server", True, "mcp_endpoint")
        }
        self.tools: dict[str, ToolEntry] = {}
        self.resources: dict[str, ResourceEntry] = {}
        self.templates: dict[str, ResourceEntry] = {}
        self.prompts: dict[str, PromptEntry] = {}
        self.completions: dict[tuple[str, str], CompletionEntry] = {}
        self.version = 0
        """Another number whenever there is another tool."""
        self.asked_scopes: frozenset[str] = frozenset()
        """Scopes that any tool asks for."""
        self.asked_permissions: frozenset[str] = frozenset()
        """Django permissions that any tool asks for."""

    def add_scope(self, entry: ScopeEntry) -> None:
        _add(self.scopes, entry.name, entry, "scope")

    def add_tool(self, entry: ToolEntry) -> None:
        _add(self.tools, entry.name, entry, "tool")
        self.version += 1
        self.asked_scopes |= scopes_of(entry)
        self.asked_permissions |= set(entry.access.permissions)

    def add_resource(self, entry: ResourceEntry) -> None:
        _add(self.templates if entry.template else self.resources, entry.uri, entry, "resource")

    def add_prompt(self, entry: PromptEntry) -> None:
        _add(self.prompts, entry.name, entry, "prompt")

    def add_completion(self, entry: CompletionEntry) -> None:
        _add(self.completions, (entry.reference, entry.argument), entry, "completion")

    def entries(self) -> Iterable[Entry]:
        """Everything that access is decided for."""
        for group in (self.tools, self.resources, self.templates, self.prompts):
            yield from group.values()

    def check(self) -> None:
        """Raise `DeclarationError` for a scope that no app declared, or a completion for something unknown."""
        for entry in self.entries():
            for name in entry.access.scopes:
                if name not in self.scopes:
                    raise DeclarationError(
                        f"{entry.access.place}: {entry.label} asks for the scope {name!r}, which no app declares. "
                        f'Add scope("{name}", "…") to an mcp.py.'
                    )
        for completion in self.completions.values():
            if completion.reference not in self.prompts and completion.reference not in self.templates:
                raise DeclarationError(
                    f"{completion.place}: completion for {completion.reference!r}, which no app declares."
                )

    def find_resource(self, uri: str) -> tuple[ResourceEntry, dict[str, Any]] | None:
        """The resource or template that answers for `uri`, with the template's variables."""
        if (entry := self.resources.get(uri)) is not None:
            return entry, {}
        for entry in self.templates.values():
            variables = entry.match(uri)
            if variables is not None:
                return entry, variables
        return None


def _add(group: dict[Any, Any], key: object, entry: Any, kind: str) -> None:
    if (other := group.get(key)) is not None:
        raise DeclarationError(f"The {kind} {key!r} is declared twice: in {other.place} and in {entry.place}.")
    group[key] = entry


def scopes_of(entry: Entry) -> frozenset[str]:
    """Scopes that an entry needs; the base scope when it declares none."""
    return frozenset(entry.access.scopes) or frozenset({BASE_SCOPE})


def may_use(principal: Principal, entry: Entry) -> bool:
    """Whether a caller may use this entry now. May query the database."""
    return not is_held(principal, entry) and may_reach(principal, entry)


def may_reach(principal: Principal, entry: Entry) -> bool:
    """Whether what was granted and the user's Django permissions open this entry. May query the database.

    Of a caller that was let in for reading only, tools that do more are as unknown as those beyond its scopes.
    """
    if not scopes_of(entry) <= principal.scopes:
        return False
    if principal.read_only and isinstance(entry, ToolEntry) and entry.effect != "read":
        return False
    return not entry.access.permissions or principal.user.has_perms(entry.access.permissions)


def is_held(principal: Principal, entry: Entry) -> bool:
    """Whether this is a tool that became another one since the user saw it, and waits until they have."""
    return isinstance(entry, ToolEntry) and entry.name in principal.held_tools


def visible(principal: Principal, group: Mapping[Any, E]) -> list[E]:
    """The entries of a group that this caller may use, in order. May query the database."""
    return [entry for entry in group.values() if may_use(principal, entry)]


_registries: dict[str, Registry] = {}


def registry(endpoint: str = DEFAULT) -> Registry:
    """The registry of a named Endpoint, made on first use."""
    return _registries.setdefault(endpoint, Registry())


def registries() -> Mapping[str, Registry]:
    """All registries that declarations have named so far."""
    return _registries


def place_of(function: Callable[..., Any] | None) -> str:
    """Where something is declared, as `module:line`; without a function, where the calling module stands."""
    if function is not None:
        code = inspect.unwrap(function).__code__
        return f"{function.__module__}:{code.co_firstlineno}"
    frame = inspect.stack()[2]
    return f"{frame.frame.f_globals.get('__name__', frame.filename)}:{frame.lineno}"
