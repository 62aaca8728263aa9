"""Makes the response to one request. The SDK owns the protocol; what is plain takes a shorter way to the same bytes.

Nearly every request is a `tools/call` with a name and arguments, answered with text and JSON, or a list of what its
caller may see. For these the SDK builds a dozen models that say what is known already: two thirds of what such a call
costs. Here they are recognized, and whatever is not exactly that (questions, errors of the protocol, images, a request
with more to it) goes through the SDK. `tests/mcp_endpoint/test_kernel.py` holds both ways to the same answers.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import mcp_types as types
import orjson
from mcp_types import methods
from pydantic import ValidationError

from mcp_endpoint import listings
from mcp_endpoint.exchange import Exchange
from mcp_endpoint.questions import Rounds
from mcp_endpoint.sdk import Connection, serve_one
from mcp_endpoint.server import EndpointServer
from mcp_endpoint.tools import run_tool
from mcp_endpoint.wire import encode, encode_answer, success

Params = dict[str, Any] | None

CALL_KEYS = frozenset({"name", "arguments", "_meta"})
META_KEYS = frozenset({"progressToken"})
ENVELOPE_KEYS = META_KEYS | {
    "io.modelcontextprotocol/protocolVersion",
    "io.modelcontextprotocol/clientInfo",
    "io.modelcontextprotocol/clientCapabilities",
}
LARGEST_CLIENT = 4096
"""Bytes of what a client says of itself, as far as it is remembered."""


async def respond(server: EndpointServer, exchange: Exchange, method: str, params: Params, client: Any) -> bytes:
    """The JSON-RPC response to a request; raises whatever the SDK raises for it.

    `client` is the pair of what the client says of itself: its info and its capabilities, as they were sent.
    """
    if method == "tools/call" and _is_plain_call(params, exchange) and _recognize(exchange, client):
        assert params is not None  # noqa: S101  (it has a name)
        result = await run_tool(exchange, params["name"], params.get("arguments") or {}, Rounds())
        if (plain := _plain(result, server, exchange)) is not None:
            return encode_answer(exchange.request_id, success(exchange.request_id, plain))
        exchange.result = result
    elif method == "tools/list" and _is_plain_list(params, exchange) and _recognize(exchange, client):
        return await listings.tools(exchange, lambda: _through_sdk(server, exchange, method, params, client))
    shaped = await _through_sdk(server, exchange, method, params, client)
    return encode_answer(exchange.request_id, success(exchange.request_id, shaped))


async def _through_sdk(
    server: EndpointServer, exchange: Exchange, method: str, params: Params, client: Any
) -> dict[str, Any]:
    connection = Connection.from_envelope(exchange.protocol_version, *client)
    if exchange.session is not None:
        connection.session_id = exchange.session.id
    exchange.capabilities = connection.client_capabilities
    return await serve_one(server, exchange, method, params, connection=connection, lifespan_state=None)


def _is_plain_call(params: Params, exchange: Exchange) -> bool:
    return (
        params is not None
        and params.keys() <= CALL_KEYS
        and type(params.get("name")) is str
        and type(params.get("arguments", params)) is dict
        and _is_plain_meta(params, exchange)
    )


def _is_plain_list(params: Params, exchange: Exchange) -> bool:
    """Whether nothing but the envelope is there: no cursor."""
    if not params:
        return not exchange.modern
    return params.keys() == {"_meta"} and _is_plain_meta(params, exchange)


def _is_plain_meta(params: Mapping[str, Any], exchange: Exchange) -> bool:
    meta = params.get("_meta")
    if meta is None:
        return "_meta" not in params and not exchange.modern
    return (
        type(meta) is dict
        and meta.keys() <= (ENVELOPE_KEYS if exchange.modern else META_KEYS)
        and type(meta.get("progressToken", "")) in (str, int)
    )


def _recognize(exchange: Exchange, client: Any) -> bool:
    """Whether the SDK finds no fault with what this client says of itself; the exchange then knows what it can."""
    said = encode(client)
    if len(said) > LARGEST_CLIENT:
        return False
    is_known, exchange.capabilities = _client(exchange.protocol_version, exchange.modern, said)
    return is_known


@lru_cache(maxsize=1024)
def _client(version: str, modern: bool, said: bytes) -> tuple[bool, types.ClientCapabilities | None]:
    info, capabilities = orjson.loads(said)
    if modern:
        meta = {
            types.PROTOCOL_VERSION_META_KEY: version,
            types.CLIENT_CAPABILITIES_META_KEY: capabilities,
            **({} if info is None else {types.CLIENT_INFO_META_KEY: info}),
        }
        try:
            methods.validate_client_request("tools/list", version, {"_meta": meta})
        except ValidationError:
            return False, None
    return True, Connection.from_envelope(version, info, capabilities).client_capabilities


def _plain(result: Any, server: EndpointServer, exchange: Exchange) -> dict[str, Any] | None:
    """The wire form of a result that is text and JSON, as the SDK orders its members; None for any other."""
    if type(result) is not types.CallToolResult or result.meta is not None or type(result.is_error) is not bool:
        return None
    content = []
    for block in result.content:
        if (
            type(block) is not types.TextContent
            or type(block.text) is not str
            or block.annotations is not None
            or block.meta is not None
        ):
            return None
        content.append({"text": block.text, "type": "text"})
    structured = result.structured_content
    if structured is not None and not (type(structured) is dict and _is_json(structured)):
        return None
    plain: dict[str, Any] = {"content": content, "isError": result.is_error}
    if exchange.modern:
        plain["resultType"] = "complete"
    if structured is not None:
        plain["structuredContent"] = structured
    if exchange.modern:
        plain["_meta"] = server.stamp
    return plain


def _is_json(value: Any) -> bool:
    """Whether this is nothing but what JSON has, as it would be written."""
    kind = type(value)
    if kind is dict:
        return all(type(key) is str and _is_json(member) for key, member in value.items())
    if kind is list:
        return all(map(_is_json, value))
    return value is None or kind in (str, int, float, bool)
