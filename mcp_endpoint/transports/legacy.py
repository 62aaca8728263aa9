"""The 2025 era: sessions over POST, GET and DELETE (MCP 2025-11-25 basic/transports, back to 2025-03-26)."""

import hmac
from collections.abc import AsyncIterator
from typing import Any

from mcp_types import INVALID_REQUEST
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS

from mcp_endpoint import ledger
from mcp_endpoint.conf import conf
from mcp_endpoint.entrance.bearer import insufficient_scope
from mcp_endpoint.entrance.gate import Call
from mcp_endpoint.errors import HttpError
from mcp_endpoint.state.events import Event, events, parse_event_id
from mcp_endpoint.state.in_flight import in_flight
from mcp_endpoint.state.sessions import SessionRecord, sessions
from mcp_endpoint.transports import handshake, rpc
from mcp_endpoint.transports.reply import Reply, Resumable
from mcp_endpoint.transports.standalone import end_session, standalone_streams, stream_of
from mcp_endpoint.transports.streams import serve_stream
from mcp_endpoint.wire import JSON_HEADERS, Headers, RequestId, check_envelope, encode, frame, respond

ASSUMED_VERSION = "2025-03-26"
"""What a request without MCP-Protocol-Version and session speaks (MCP 2025-11-25 basic/transports)."""
BATCHING_VERSION = "2025-03-26"
"""The only version with JSON-RPC batches."""
PRIMING_VERSIONS = ("2025-11-25",)
MAX_BATCH = 100


async def post(call: Call, message: dict[str, Any]) -> None:
    """Answer one message of a client."""
    if message.get("method") == "initialize":
        return await _initialize(call, message)
    session = await _session_of(call)
    if "id" not in message or "method" not in message:
        await rpc.take_note(session, message)
        return await respond(call.send, 202)
    if missing := call.endpoint.missing_scopes(call.principal, message["method"], message.get("params")):
        await ledger.refuse(call, message, call.body_bytes, missing)
        raise insufficient_scope(call.endpoint, call.principal, missing)
    reply = _reply(call, session, [message["id"]])
    rpc.start(call, session, message, reply, _version(call, session))
    await reply.deliver()


async def post_batch(call: Call, batch: list[Any]) -> None:
    """Answer a JSON-RPC batch (MCP 2025-03-26 basic): one array, or one stream as soon as anything is sent."""
    session = await _session_of(call)
    if _version(call, session) != BATCHING_VERSION:
        raise HttpError(400, INVALID_REQUEST, "Invalid request: only protocol version 2025-03-26 has batches")
    if not batch or len(batch) > MAX_BATCH:
        raise HttpError(400, INVALID_REQUEST, f"Invalid request: a batch has 1 to {MAX_BATCH} messages")
    messages = [check_envelope(message) for message in batch]
    if any(message.get("method") == "initialize" for message in messages):
        raise HttpError(400, INVALID_REQUEST, "Invalid request: initialize cannot be part of a batch")
    requests = [message for message in messages if "id" in message and "method" in message]
    for message in messages:
        if message not in requests:
            await rpc.take_note(session, message)
    if not requests:
        return await respond(call.send, 202)
    reply = _reply(call, session, [message["id"] for message in requests])
    rpc.start_batch(call, session, requests, reply, BATCHING_VERSION)
    await reply.deliver()


async def get(call: Call) -> None:
    """Open the session's standing stream, or take up a broken one after Last-Event-ID."""
    session = await _required_session(call)
    last = call.header(b"last-event-id")
    primed = session.protocol_version in PRIMING_VERSIONS
    if last is None:
        source = await standalone_streams().open(session, call.principal, priming=primed)
    else:
        source = await _resumed(call, session, last)
    header = _session_header(session)
    await serve_stream(call.receive, call.send, call.principal, _frames(source), header, check=call.check_again)


async def _resumed(call: Call, session: SessionRecord, last: str) -> AsyncIterator[Event]:
    """What came after an event. One of another session is as unknown as one that this server never sent: 400."""
    parsed = parse_event_id(last)
    if parsed is not None:
        stream, after = parsed
        if hmac.compare_digest(stream.encode(), stream_of(session.id).encode()):
            return await standalone_streams().open(session, call.principal, after)
        if await events().knows(session.id, stream):
            return events().tail(session.id, stream, after)
    raise HttpError(400, INVALID_REQUEST, "No event of this session has that Last-Event-ID")


async def delete(call: Call) -> None:
    """End the session."""
    session = await _required_session(call)
    await end_session(session.id)
    await respond(call.send, 204, headers=())


async def _initialize(call: Call, message: dict[str, Any]) -> None:
    if "id" not in message:
        raise HttpError(400, INVALID_REQUEST, "Invalid request: initialize needs an id")
    with in_flight().call(call.principal):
        body, session = await handshake.initialize(call, message)
    headers: Headers = JSON_HEADERS
    if session is not None and conf().sessions:
        await handshake.store(session)
        headers = (*JSON_HEADERS, *_session_header(session))
    await respond(call.send, 200, encode(body), headers)


async def _session_of(call: Call) -> SessionRecord | None:
    """The session of a POST; None when sessions are switched off."""
    return await _required_session(call) if conf().sessions else None


async def _required_session(call: Call) -> SessionRecord:
    """The caller's session. Somebody else's is as unknown as one that ended: 404, so that a client starts anew."""
    if not conf().sessions:
        raise HttpError(405, INVALID_REQUEST, "This server keeps no sessions", ((b"allow", b"POST, OPTIONS"),))
    session_id = call.header(b"mcp-session-id")
    if session_id is None:
        raise HttpError(400, INVALID_REQUEST, "Invalid request: the Mcp-Session-Id header is missing")
    session = await sessions().load(session_id)
    if session is None or session.owner != call.principal.owner or session.endpoint != call.endpoint.name:
        raise HttpError(404, INVALID_REQUEST, "Session not found")
    return session


def _version(call: Call, session: SessionRecord | None) -> str:
    if session is not None:
        return session.protocol_version
    asked = call.header(b"mcp-protocol-version")
    return asked if asked in HANDSHAKE_PROTOCOL_VERSIONS else ASSUMED_VERSION


def _reply(call: Call, session: SessionRecord | None, due: list[RequestId]) -> Reply:
    if session is None:
        return Reply(call.send, abort=call.abort)
    resumable = Resumable(session.id, session.protocol_version in PRIMING_VERSIONS, tuple(due))
    return Reply(
        call.send, headers=_session_header(session), resumable=resumable, receive=call.receive, abort=call.abort
    )


def _session_header(session: SessionRecord) -> Headers:
    return ((b"mcp-session-id", session.id.encode()),)


async def _frames(source: AsyncIterator[Event]) -> AsyncIterator[bytes]:
    async for event in source:
        yield frame(event.data, event.id)
