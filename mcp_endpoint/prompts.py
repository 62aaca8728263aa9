"""Serves `prompts/get` and `completion/complete`."""

import inspect
from typing import Any

import mcp_types as types

from mcp_endpoint import executor
from mcp_endpoint.context import Context
from mcp_endpoint.entries import Entry
from mcp_endpoint.errors import ToolError
from mcp_endpoint.exchange import Ctx, exchange_of
from mcp_endpoint.invocation import InvalidArguments, invoke, own_faults, usable
from mcp_endpoint.questions import InputRequired, Rounds
from mcp_endpoint.sdk import MCPError

MAX_COMPLETIONS = 100
"""MCP server/utilities/completion: values in one answer."""


async def get_prompt(
    ctx: Ctx, params: types.GetPromptRequestParams
) -> types.GetPromptResult | types.InputRequiredResult:
    """Render a prompt for this caller."""
    exchange = exchange_of(ctx)
    entry = await usable(exchange, exchange.endpoint.registry.prompts.get(params.name))
    if entry is None:
        raise MCPError(types.INVALID_PARAMS, f"Unknown prompt: {params.name}")
    try:
        rendered = await invoke(exchange, entry, params.arguments or {}, Rounds(params))
    except InputRequired as interim:
        return interim.result
    except ToolError as error:
        raise MCPError(types.INVALID_PARAMS, str(error)) from error
    except InvalidArguments as error:
        names = ", ".join(str(problem["loc"][0]) for problem in error.problems)
        raise MCPError(types.INVALID_PARAMS, f"Missing or wrong arguments: {names}") from error
    if isinstance(rendered, types.GetPromptResult):
        return rendered
    parts = rendered if isinstance(rendered, list | tuple) else [rendered]
    with own_faults(entry.place):
        messages = [_message(part) for part in parts]
    return types.GetPromptResult(description=entry.wire.description, messages=messages)


def _message(part: Any) -> types.PromptMessage:
    if isinstance(part, types.PromptMessage):
        return part
    content = types.TextContent(type="text", text=part) if isinstance(part, str) else part
    return types.PromptMessage(role="user", content=content)


async def complete(ctx: Ctx, params: types.CompleteRequestParams) -> types.CompleteResult:
    """Complete an argument. One without completions of its own gets none; an unknown reference is an error."""
    exchange = exchange_of(ctx)
    registry = exchange.endpoint.registry
    if isinstance(params.ref, types.PromptReference):
        reference = params.ref.name
        owner: Entry | None = await usable(exchange, registry.prompts.get(reference))
    else:
        reference = params.ref.uri
        owner = await usable(exchange, registry.templates.get(reference) or registry.resources.get(reference))
    if owner is None:
        raise MCPError(types.INVALID_PARAMS, f"Unknown reference: {reference}")
    entry = registry.completions.get((reference, params.argument.name))
    if entry is None:
        return types.CompleteResult(completion=types.Completion(values=[], total=0, has_more=False))
    extras: dict[str, Any] = {
        "ctx": Context(exchange),
        "others": dict(params.context.arguments or {}) if params.context else {},
    }
    wanted = {name: extras[name] for name in entry.parameters}
    is_async = inspect.iscoroutinefunction(inspect.unwrap(entry.function))
    first = next(iter(inspect.signature(entry.function).parameters))
    with own_faults(entry.place):
        values = list(await executor.run(entry.function, is_async, **{first: params.argument.value}, **wanted))
        more = len(values) > MAX_COMPLETIONS
        found = types.Completion(values=values[:MAX_COMPLETIONS], total=len(values), has_more=more)
    return types.CompleteResult(completion=found)
