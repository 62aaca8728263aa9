"""The 2026-07-28 era: one POST, one request, no session."""

import asyncio
from collections.abc import Mapping
from typing import Any

from mcp_types import HEADER_MISMATCH, UNSUPPORTED_PROTOCOL_VERSION
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from mcp_endpoint import ledger
from mcp_endpoint.bearer import access_over, insufficient_scope
from mcp_endpoint.exchange import Exchange
from mcp_endpoint.gate import Call
from mcp_endpoint.models import ToolCall
from mcp_endpoint.reply import Reply
from mcp_endpoint.sdk import (
    ERROR_CODE_HTTP_STATUS,
    Connection,
    InboundLadderRejection,
    InboundModernRoute,
    classify_inbound_request,
    find_duplicated_routing_header,
    modern_error_data,
    serve_one,
    validate_mcp_param_headers,
)
from mcp_endpoint.streams import expires_in, open_streams
from mcp_endpoint.watch import Watch
from mcp_endpoint.wire import encode, encode_answer, failure, respond, success

ROUTING_HEADERS = (b"mcp-protocol-version", b"mcp-method", b"mcp-name")


async def serve(call: Call, message: dict[str, Any]) -> None:
    """Answer one request or notification (MCP 2026-07-28 basic/transports/streamable-http)."""
    if "id" not in message:
        return await respond(call.send, 202)  # no notification has a meaning here: a client cancels by leaving
    call.era = "2026-07-28"
    method, params = message["method"], message.get("params")
    route = _classify(call, message)
    if isinstance(route, InboundLadderRejection):
        return await _refuse(call, route)
    if missing := call.endpoint.missing_scopes(call.principal, method, params):
        await ledger.refuse(call, message, call.body_bytes, missing)
        raise insufficient_scope(call.endpoint, call.principal, missing)
    task = asyncio.current_task()
    assert task is not None  # noqa: S101  (an ASGI application always runs in one)
    record = ledger.begin(call, message, call.body_bytes)
    reply = Reply(call.send, on_cut=lambda: watch.end("cut"))
    exchange = Exchange(
        call.endpoint,
        call.principal,
        request_id=message["id"],
        params=params,
        version=route.protocol_version,
        push=reply.push,
        modern=True,
        record=record,
    )
    connection = Connection.from_envelope(route.protocol_version, route.client_info, route.client_capabilities)
    exchange.capabilities = connection.client_capabilities
    watch = Watch(call.receive, task, reply, expires_in(call.principal))
    try:
        with open_streams().holding(call.principal.connection_id, lambda: watch.end("revoked")):
            reply.finish(*await _answer(call, message, exchange, connection))
    except asyncio.CancelledError:
        if record is not None:
            over = watch.ended in ("revoked", "expired")
            record.cut(ToolCall.Outcome.ACCESS_ENDED if over else ToolCall.Outcome.CANCELLED, watch.ended or "stopped")
        reply.detach()
        reply.finish(b"")
        if watch.ended is None:
            raise
        task.uncancel()
        if not reply.streaming:
            raise access_over(call.endpoint) from None
    finally:
        watch.stop()
    await reply.deliver()


async def _answer(call: Call, message: dict[str, Any], exchange: Exchange, connection: Connection) -> tuple[bytes, int]:
    """The response's body and status, once the ledger lets it go out."""
    status = 200
    try:
        result = await serve_one(
            call.server, exchange, message["method"], message.get("params"), connection=connection, lifespan_state=None
        )
        body = encode_answer(message["id"], success(message["id"], result))
    except Exception as raised:
        error = modern_error_data(raised)
        body = encode(failure(message["id"], error.code, error.message, error.data))
        status = ERROR_CODE_HTTP_STATUS.get(error.code, 200)
        if exchange.record is not None:
            exchange.record.note_failure(error.code)
    return (body if exchange.record is None else await exchange.record.answer(body)), status


def _classify(call: Call, message: dict[str, Any]) -> InboundModernRoute | InboundLadderRejection:
    """Run the SDK's validation ladder, and the checks of mirrored headers that it leaves to the transport."""
    pairs = [(name.decode("latin-1"), value.decode("latin-1").strip()) for name, value in call.scope["headers"]]
    if (duplicate := find_duplicated_routing_header(pairs)) is not None:
        return InboundLadderRejection(HEADER_MISMATCH, f"{duplicate} header appears more than once")
    headers = {name.decode(): value for name in ROUTING_HEADERS if (value := call.header(name)) is not None}
    version = headers.get("mcp-protocol-version")
    if version not in MODERN_PROTOCOL_VERSIONS and not names_version(message):
        return _unsupported(version)
    route = classify_inbound_request(message, headers=headers)
    if isinstance(route, InboundLadderRejection) or message["method"] != "tools/call":
        return route
    return _check_mirrored(call, message["params"], pairs) or route


def _check_mirrored(
    call: Call, params: Mapping[str, Any], pairs: list[tuple[str, str]]
) -> InboundLadderRejection | None:
    """Compare `Mcp-Param-*` headers with the arguments, for the tools that declare any."""
    tool = call.endpoint.registry.tools.get(str(params.get("name")))
    arguments = params.get("arguments") or {}
    if tool is None or tool.header_schema is None or not isinstance(arguments, Mapping):
        return None
    mirrored = [pair for pair in pairs if pair[0].startswith("mcp-param-")]
    headers = dict(mirrored)
    if len(headers) < len(mirrored):  # readers of the first and of the last one would disagree
        return InboundLadderRejection(HEADER_MISMATCH, "An Mcp-Param header appears more than once")
    return validate_mcp_param_headers(tool.header_schema, arguments, headers)


def names_version(message: Mapping[str, Any]) -> bool:
    """Whether a message carries the 2026 era's envelope."""
    params = message.get("params")
    meta = params.get("_meta") if isinstance(params, Mapping) else None
    return isinstance(meta, Mapping) and "io.modelcontextprotocol/protocolVersion" in meta


def _unsupported(version: str | None) -> InboundLadderRejection:
    """A version that nobody speaks, from a client that may be of either era: name what is served."""
    data = {"supported": list(MODERN_PROTOCOL_VERSIONS), "requested": version or ""}
    return InboundLadderRejection(UNSUPPORTED_PROTOCOL_VERSION, "Unsupported protocol version", data)


async def _refuse(call: Call, rejection: InboundLadderRejection) -> None:
    body = encode(failure(call.request_id, rejection.code, rejection.message, rejection.data))
    await respond(call.send, ERROR_CODE_HTTP_STATUS.get(rejection.code, 400), body)
