"""Serves `resources/read`."""

import base64
from collections.abc import Mapping

import mcp_types as types
from pydantic import BaseModel
from pydantic_core import to_json

from mcp_endpoint.errors import ToolError
from mcp_endpoint.exchange import Ctx, Exchange, exchange_of
from mcp_endpoint.invocation import InvalidArguments, invoke, usable
from mcp_endpoint.questions import InputRequired, Rounds
from mcp_endpoint.sdk import MCPError

LEGACY_NOT_FOUND = -32002
"""Resource not found in 2025-11-25 and earlier; 2026-07-28 forbids it in favour of -32602."""


async def read_resource(
    ctx: Ctx, params: types.ReadResourceRequestParams
) -> types.ReadResourceResult | types.InputRequiredResult:
    """Read a resource. One that the caller may not see, or whose function raises `ToolError`, does not exist."""
    exchange = exchange_of(ctx)
    uri = str(params.uri)
    found = exchange.endpoint.registry.find_resource(uri)
    entry = await usable(exchange, found[0] if found else None)
    if found is None or entry is None:
        raise _not_found(exchange, uri, "Unknown resource")
    try:
        content = await invoke(exchange, entry, found[1], Rounds(params))
    except InputRequired as interim:
        return interim.result
    except (ToolError, InvalidArguments) as error:
        raise _not_found(exchange, uri, str(error) if isinstance(error, ToolError) else "Unknown resource") from error
    if isinstance(content, types.ReadResourceResult):
        return content
    return types.ReadResourceResult(contents=[_contents(uri, content, entry.mime_type)])


def _not_found(exchange: Exchange, uri: str, message: str) -> MCPError:
    code = types.INVALID_PARAMS if exchange.modern else LEGACY_NOT_FOUND
    return MCPError(code, message, {"uri": uri})


def _contents(
    uri: str, content: object, mime_type: str | None
) -> types.TextResourceContents | types.BlobResourceContents:
    if isinstance(content, bytes):
        blob = base64.b64encode(content).decode()
        return types.BlobResourceContents(uri=uri, blob=blob, mime_type=mime_type or "application/octet-stream")
    if isinstance(content, str):
        return types.TextResourceContents(uri=uri, text=content, mime_type=mime_type or "text/plain")
    if not isinstance(content, BaseModel | Mapping | list):
        raise TypeError(f"a resource returns str, bytes, a model, a dict or a list; not {type(content).__name__}")
    text = to_json(content, by_alias=True).decode()
    return types.TextResourceContents(uri=uri, text=text, mime_type=mime_type or "application/json")
