"""Serves `tools/call`."""

import logging
from collections.abc import Mapping
from typing import Any, cast

import mcp_types as types

from mcp_endpoint.budget import over_budget
from mcp_endpoint.conf import conf
from mcp_endpoint.errors import ToolError
from mcp_endpoint.exchange import Ctx, Exchange, exchange_of
from mcp_endpoint.invocation import InvalidArguments, invoke, usable
from mcp_endpoint.models import ToolCall
from mcp_endpoint.questions import InputRequired, Rounds
from mcp_endpoint.registry import is_held, may_reach
from mcp_endpoint.sdk import MCPError
from oauth_bridge.away import is_away

Outcome = ToolCall.Outcome

logger = logging.getLogger(__name__)


Result = types.CallToolResult | types.InputRequiredResult


async def call_tool(ctx: Ctx, params: types.CallToolRequestParams) -> Result:
    """Serve `tools/call`."""
    exchange = exchange_of(ctx)
    if exchange.result is not None:
        return cast(Result, exchange.result)
    return await run_tool(exchange, params.name, params.arguments or {}, Rounds(params))


async def run_tool(exchange: Exchange, name: str, arguments: Mapping[str, Any], rounds: Rounds) -> Result:
    """Run a tool for this caller. A tool that they may not see is as unknown as one that does not exist.

    One that is held back says so: a client that listed it before would otherwise take the server for broken.
    Wrong arguments and failures are results that the model can read (MCP 2026-07-28 server/tools, error handling);
    what an unexpected exception says stays in the log.
    """
    entry = await usable(exchange, exchange.endpoint.registry.tools.get(name), may_reach)
    if entry is not None and is_held(exchange.principal, entry):
        exchange.note(Outcome.TOOL_ERROR, "held back")
        return _failed(_held(entry.name, exchange.principal.connection_id))
    if entry is None:
        raise MCPError(types.INVALID_PARAMS, f"Unknown tool: {name}")
    if (over := await over_budget(exchange.principal)) is not None:
        exchange.note(Outcome.OVER_BUDGET)
        return _failed(over)
    try:
        result = entry.result(await invoke(exchange, entry, arguments, rounds))
    except InputRequired as interim:
        exchange.note(Outcome.ASKED)
        return interim.result
    except MCPError:
        raise
    except ToolError as error:
        exchange.note(Outcome.TOOL_ERROR, type(error).__name__)
        return _failed(str(error))
    except InvalidArguments as error:
        exchange.note(Outcome.BAD_ARGUMENTS)
        return _failed(f"Invalid arguments for {entry.name}: {_explain(error)}")
    except Exception as error:
        logger.exception("tool %s raised", entry.name)
        exchange.note(Outcome.CRASHED, type(error).__name__)
        if is_away(error):
            raise  # the transport says so, and that the call may be made again
        return _failed(f"The tool {entry.name} failed unexpectedly. The server's log says why.")
    if isinstance(result, types.CallToolResult) and result.is_error:
        exchange.note(Outcome.TOOL_ERROR)
    return result


def _held(name: str, connection_id: int) -> str:
    page = f"{conf().public_url}/account/connections/{connection_id}/"
    return (
        f"The tool {name} changed since its user allowed this connection, and is held back until they have seen the "
        f"difference. Ask them to look at {page} and to let it in there. Do not call it again before that."
    )


def _failed(text: str) -> types.CallToolResult:
    return types.CallToolResult(content=[types.TextContent(type="text", text=text)], is_error=True)


def _explain(error: InvalidArguments) -> str:
    """What is wrong with each argument."""
    return "; ".join(f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}" for problem in error.problems)
