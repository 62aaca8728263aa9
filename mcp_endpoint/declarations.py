"""The decorators with which an app's `mcp.py` declares what it offers.

Each returns the function unchanged and adds an entry to the registry of its Endpoint.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from mcp_types import Icon, ToolAnnotations

from mcp_endpoint import entries
from mcp_endpoint.registry import DEFAULT, place_of, registry

Function = TypeVar("Function", bound=Callable[..., Any])
Names = str | Sequence[str] | None


def _names(value: Names) -> tuple[str, ...]:
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(value)


def scope(name: str, description: str, *, default: bool = True, endpoint: str = DEFAULT) -> None:
    """Declare a scope: its name on the wire and the sentence that people read on the consent page.

    A `default` scope is granted to a client that asks for none.
    """
    registry(endpoint).add_scope(entries.ScopeEntry(name, description, default, place_of(None)))


def tool(
    *,
    name: str | None = None,
    title: str | None = None,
    description: str | None = None,
    scope: Names = None,
    permission: Names = None,
    read_only: bool = False,
    destructive: bool | None = None,
    idempotent: bool | None = None,
    open_world: bool | None = None,
    icons: list[Icon] | None = None,
    meta: dict[str, Any] | None = None,
    structured: bool | None = None,
    input_schema: dict[str, Any] | None = None,
    ledger_arguments: bool = False,
    endpoint: str = DEFAULT,
) -> Callable[[Function], Function]:
    """Offer a function as a tool.

    The docstring is its description, the annotations are its input schema and the return type is its structured
    output. `scope` and `permission` (Django permissions) decide who sees and may call it. The hints read_only,
    destructive, idempotent and open_world are MCP tool annotations. `input_schema` is published as it is.
    `ledger_arguments` lets the ledger keep what the tool is called with; without it only the names are kept.
    """
    annotations = ToolAnnotations(
        title=title,
        read_only_hint=read_only,
        destructive_hint=destructive,
        idempotent_hint=idempotent,
        open_world_hint=open_world,
    )

    def declare(function: Function) -> Function:
        registry(endpoint).add_tool(
            entries.tool_entry(
                function,
                name=name,
                title=title,
                description=description,
                access=entries.Access(_names(scope), _names(permission), place_of(function)),
                annotations=annotations,
                icons=icons,
                meta=meta,
                structured=structured,
                input_schema=input_schema,
                ledger_arguments=ledger_arguments,
            )
        )
        return function

    return declare


def resource(
    uri: str,
    *,
    name: str | None = None,
    title: str | None = None,
    description: str | None = None,
    mime_type: str | None = None,
    scope: Names = None,
    permission: Names = None,
    endpoint: str = DEFAULT,
) -> Callable[[Function], Function]:
    """Offer a function as a resource, or as a resource template when `uri` has variables (RFC 6570)."""

    def declare(function: Function) -> Function:
        registry(endpoint).add_resource(
            entries.resource_entry(
                function,
                uri=uri,
                name=name,
                title=title,
                description=description,
                mime_type=mime_type,
                access=entries.Access(_names(scope), _names(permission), place_of(function)),
            )
        )
        return function

    return declare


def prompt(
    *,
    name: str | None = None,
    title: str | None = None,
    description: str | None = None,
    scope: Names = None,
    permission: Names = None,
    endpoint: str = DEFAULT,
) -> Callable[[Function], Function]:
    """Offer a function as a prompt; its parameters are the prompt's arguments."""

    def declare(function: Function) -> Function:
        registry(endpoint).add_prompt(
            entries.prompt_entry(
                function,
                name=name,
                title=title,
                description=description,
                access=entries.Access(_names(scope), _names(permission), place_of(function)),
            )
        )
        return function

    return declare


def completion(
    *, argument: str, prompt: str | None = None, resource: str | None = None, endpoint: str = DEFAULT
) -> Callable[[Function], Function]:
    """Offer completions for one argument of a prompt, or of a resource template.

    The function gets the text typed so far, and by name any of `ctx` and `others` (the arguments already filled in).
    """

    def declare(function: Function) -> Function:
        registry(endpoint).add_completion(
            entries.completion_entry(
                function, prompt=prompt, resource=resource, argument=argument, place=place_of(function)
            )
        )
        return function

    return declare
