"""The 2026-07-28 era: one POST, one request, no session."""

import asyncio
from collections.abc import Mapping
from typing import Any

from mcp_types import HEADER_MISMATCH, UNSUPPORTED_PROTOCOL_VERSION
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from mcp_endpoint import kernel, ledger
from mcp_endpoint.entrance.bearer import access_over, insufficient_scope
from mcp_endpoint.entrance.gate import Call
from mcp_endpoint.errors import unavailable
from mcp_endpoint.exchange import Exchange
from mcp_endpoint.models import ToolCall
from mcp_endpoint.sdk import (
    ERROR_CODE_HTTP_STATUS,
    InboundLadderRejection,
    InboundModernRoute,
    classify_inbound_request,
    find_duplicated_routing_header,
    modern_error_data,
    validate_mcp_param_headers,
)
from mcp_endpoint.state.in_flight import Place, in_flight, stopped
from mcp_endpoint.transports.reply import Reply
from mcp_endpoint.transports.streams import expires_in
from mcp_endpoint.transports.watch import Watch
from mcp_endpoint.wire import Headers, encode, failure, respond
from oauth_bridge.away import is_away

ROUTING_HEADERS = ("mcp-protocol-version", "mcp-method", "mcp-name")


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
    here = in_flight()
    with here.stream(call.principal) if method == "subscriptions/listen" else here.call(call.principal) as place:
        await _run(call, message, route, place)


async def _run(call: Call, message: dict[str, Any], route: InboundModernRoute, place: Place) -> None:
    """Serve a request that may be served, and see its answer delivered."""
    task = asyncio.current_task()
    assert task is not None  # noqa: S101  (an ASGI application always runs in one)
    record = ledger.begin(call, message, call.body_bytes)
    reply = Reply(call.send, abort=call.abort, on_cut=lambda: watch.end("cut"))
    exchange = Exchange(
        call.endpoint,
        call.principal,
        request_id=message["id"],
        params=message.get("params"),
        version=route.protocol_version,
        push=reply.push,
        modern=True,
        record=record,
        place=place,
    )
    watch = Watch(call.receive, task, reply.start, expires_in(call.principal))
    place.end = watch.end
    try:
        reply.finish(*await _answer(call, message, exchange, route))
    except asyncio.CancelledError:
        if record is not None:
            over = watch.ended in ("revoked", "expired")
            record.cut(ToolCall.Outcome.ACCESS_ENDED if over else ToolCall.Outcome.CANCELLED, watch.ended or "stopped")
        if watch.ended is None:
            reply.detach()
            reply.finish(b"")
            raise
        task.uncancel()
        _cut(call, reply, watch.ended)
    finally:
        watch.stop()
    await reply.deliver()


def _cut(call: Call, reply: Reply, reason: str) -> None:
    """End the answer to a call that was cut short; raises `HttpError` where nothing of it has been sent."""
    error = stopped() if reason == "stopped" else access_over(call.endpoint)
    if reason != "stopped":
        reply.detach()
        reply.finish(b"")
    elif reply.streaming:
        reply.finish(encode(failure(call.request_id, error.code, error.message)))
    if not reply.streaming:
        raise error from None


async def _answer(
    call: Call, message: dict[str, Any], exchange: Exchange, route: InboundModernRoute
) -> tuple[bytes, int, Headers]:
    """The response's body, status and headers, once the ledger lets it go out."""
    status = 200
    headers: Headers = ()
    try:
        client = (route.client_info, route.client_capabilities)
        body = await kernel.respond(call.server, exchange, message["method"], message.get("params"), client)
    except Exception as raised:
        away = unavailable() if is_away(raised) else None
        error = away or modern_error_data(raised)
        body = encode(failure(message["id"], error.code, error.message, error.data))
        status = away.status if away else ERROR_CODE_HTTP_STATUS.get(error.code, 200)
        headers = away.headers if away else ()
        if exchange.record is not None:
            exchange.record.note_failure(error.code)
    return (body if exchange.record is None else await exchange.record.answer(body)), status, headers


def _classify(call: Call, message: dict[str, Any]) -> InboundModernRoute | InboundLadderRejection:
    """Run the SDK's validation ladder, and the checks of mirrored headers that it leaves to the transport."""
    ours = [
        (name.decode("latin-1"), value.decode("latin-1").strip())
        for name, value in call.scope["headers"]
        if name.startswith(b"mcp-")
    ]
    if (duplicate := find_duplicated_routing_header(ours)) is not None:
        return InboundLadderRejection(HEADER_MISMATCH, f"{duplicate} header appears more than once")
    headers = {name: value for name, value in ours if name in ROUTING_HEADERS}
    version = headers.get("mcp-protocol-version")
    if version not in MODERN_PROTOCOL_VERSIONS and not names_version(message):
        return _unsupported(version)
    route = classify_inbound_request(message, headers=headers)
    if isinstance(route, InboundLadderRejection) or message["method"] != "tools/call":
        return route
    return _check_mirrored(call, message["params"], ours) or route


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
