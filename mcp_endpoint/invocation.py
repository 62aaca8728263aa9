"""Calls a declared function with a client's arguments and a Context of its own."""

from collections.abc import Mapping
from typing import Any, TypeVar

from mcp_endpoint import executor
from mcp_endpoint.context import Context
from mcp_endpoint.entries import Entry
from mcp_endpoint.exchange import Exchange
from mcp_endpoint.questions import Rounds
from mcp_endpoint.registry import may_use

E = TypeVar("E", bound=Entry)


async def usable(exchange: Exchange, entry: E | None) -> E | None:
    """The entry when this caller may use it; asks the database only where permissions are declared."""
    if entry is None:
        return None
    if entry.access.permissions:
        return entry if await executor.run_sync(may_use, exchange.principal, entry) else None
    return entry if may_use(exchange.principal, entry) else None


async def invoke(exchange: Exchange, entry: Entry, arguments: Mapping[str, Any], rounds: Rounds) -> Any:
    """Validate the arguments and run the function.

    Raises pydantic's ValidationError for arguments that do not fit, and whatever the function raises.
    """
    values = entry.metadata.validate_arguments(dict(arguments))
    if entry.context_parameter is None:
        return await executor.run(entry.function, entry.is_async, **values)
    context = Context(exchange, rounds)
    values[entry.context_parameter] = context
    try:
        return await executor.run(entry.function, entry.is_async, **values)
    finally:
        context.cancel()
