"""Calls a declared function with a client's arguments and a Context of its own."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pydantic import ValidationError

from mcp_endpoint import executor
from mcp_endpoint.context import Context
from mcp_endpoint.entries import Entry
from mcp_endpoint.exchange import Exchange
from mcp_endpoint.questions import Rounds
from mcp_endpoint.registry import may_use
from mcp_endpoint.state.change_log import change_log
from oauth_bridge.principal import Principal

E = TypeVar("E", bound=Entry)


class InvalidArguments(Exception):  # noqa: N818  (named as JSON-RPC names it)
    """Arguments do not fit the function. `problems` are pydantic's, without the values: they may be secret."""

    def __init__(self, error: ValidationError) -> None:
        super().__init__("invalid arguments")
        self.problems = error.errors(include_url=False, include_input=False, include_context=False)


class own_faults:  # noqa: N801  (a context manager, which is written like a function; one made of a generator is slow)
    """What fails validation here is the app's fault; the SDK would blame the client's parameters and log nothing."""

    __slots__ = ("_place",)

    def __init__(self, place: str) -> None:
        self._place = place

    def __enter__(self) -> None:
        pass

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if isinstance(error, ValidationError):
            raise RuntimeError(f"{self._place} made something invalid") from error


async def usable(exchange: Exchange, entry: E | None, rule: Callable[[Principal, Entry], bool] = may_use) -> E | None:
    """The entry when this caller may use it; asks the database only where permissions are declared."""
    if entry is None:
        return None
    if entry.access.permissions:
        return entry if await executor.run_sync(rule, exchange.principal, entry) else None
    return entry if rule(exchange.principal, entry) else None


async def invoke(exchange: Exchange, entry: Entry, arguments: Mapping[str, Any], rounds: Rounds) -> Any:
    """Validate the arguments and run the function. Raises `InvalidArguments`, and whatever the function raises."""
    try:
        values = entry.read(arguments)
    except ValidationError as error:
        raise InvalidArguments(error) from error
    with own_faults(entry.place):
        if entry.context_parameter is None:
            return await executor.run(entry.function, entry.is_async, **values)
        context = Context(exchange, rounds)
        values[entry.context_parameter] = context
        try:
            return await executor.run(entry.function, entry.is_async, **values)
        finally:
            context.cancel()
            # Its client may rely on what it was told of: a process that dies after the answer takes no change with it.
            await change_log().settle()
