"""Runs JSON-RPC messages of a session through the SDK: what Streamable HTTP of 2025 and HTTP+SSE share."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from functools import partial
from typing import Any

from mcp_types import INVALID_REQUEST

from mcp_endpoint import ledger
from mcp_endpoint.bearer import access_over, insufficient_scope
from mcp_endpoint.calls import calls
from mcp_endpoint.conf import conf
from mcp_endpoint.errors import HttpError
from mcp_endpoint.exchange import Exchange
from mcp_endpoint.gate import Call
from mcp_endpoint.ledger import Record
from mcp_endpoint.models import ToolCall
from mcp_endpoint.reply import Outlet
from mcp_endpoint.sdk import Connection, modern_error_data, serve_one
from mcp_endpoint.sessions import SessionLimitError, SessionRecord, sessions
from mcp_endpoint.streams import expires_in, open_streams
from mcp_endpoint.wire import Headers, encode, encode_answer, failure, is_request_id, success

_running: set[asyncio.Task[None]] = set()
Envelope = dict[str, Any]


async def initialize(call: Call, message: Envelope) -> tuple[Envelope, SessionRecord | None]:
    """Serve `initialize`: the response, and what a session would keep of it unless it failed."""
    exchange = Exchange(
        call.endpoint,
        call.principal,
        request_id=message["id"],
        params=message.get("params"),
        version="",
        push=lambda _: None,
    )
    connection = Connection.for_loop(None)  # type: ignore[arg-type]  # nothing can be sent before the handshake ends
    try:
        result = await serve_one(
            call.server,
            exchange,
            "initialize",
            message.get("params"),
            connection=connection,
            lifespan_state=None,
        )
    except Exception as raised:
        error = modern_error_data(raised)
        return failure(message["id"], error.code, error.message, error.data), None
    client = connection.client_params
    assert client is not None  # noqa: S101  (a handshake that succeeded has recorded it)
    session = SessionRecord(
        owner=call.principal.owner,
        endpoint=call.endpoint.name,
        protocol_version=connection.protocol_version,
        client_info=client.client_info.model_dump(by_alias=True, exclude_none=True),
        capabilities=client.capabilities.model_dump(by_alias=True, exclude_none=True),
    )
    return success(message["id"], result), session


async def store(session: SessionRecord) -> None:
    """Keep a new session; raises `HttpError` 503 when there is no room."""
    try:
        await sessions().create(session)
    except SessionLimitError:
        busy = (b"retry-after", b"60")
        raise HttpError(503, INVALID_REQUEST, "This server has no room for another session", (busy,)) from None


async def take_note(session: SessionRecord | None, message: Envelope) -> None:
    """Act on a notification, or on the client's answer to a question. Both are dropped where they mean nothing."""
    if session is None:
        return
    if "method" not in message:
        await calls().answer(session.id, message)
    elif message["method"] == "notifications/cancelled":
        request_id: Any = (message.get("params") or {}).get("requestId")
        if is_request_id(request_id):
            await calls().cancel(session.id, request_id)


def start(call: Call, session: SessionRecord | None, message: Envelope, reply: Outlet, version: str) -> None:
    """Run one request in a task of its own, which outlives a client that disconnects: leaving is not cancelling.

    Raises `HttpError` 400 when a request of that id is still running in the session.
    """
    _refuse_duplicates(session, [message])
    work = _begin(call, session, message, reply, version, call.body_bytes)

    async def run() -> None:
        answer = await _answer(call, session, work)
        reply.finish(answer.body, answer.status, answer.headers)

    _spawn(run(), reply)


def start_batch(
    call: Call, session: SessionRecord | None, messages: list[Envelope], reply: Outlet, version: str
) -> None:
    """Run the requests of a batch side by side. Their responses come as one array.

    Raises `HttpError` 400 when two of them, or one that is still running, have the same id.
    """
    _refuse_duplicates(session, messages)
    works = [_begin(call, session, message, reply, version, len(encode(message))) for message in messages]

    async def run() -> None:
        answers = await asyncio.gather(*map(partial(_answer, call, session), works))
        given = [answer for answer in answers if answer.body]
        body = b"[" + b",".join(answer.body for answer in given) + b"]" if given else b""
        last = max(given, key=lambda answer: answer.status, default=_NOTHING_DUE)
        reply.finish(body, last.status, last.headers)

    _spawn(run(), reply)


def _refuse_duplicates(session: SessionRecord | None, messages: list[Envelope]) -> None:
    ids = [message["id"] for message in messages]
    taken = session is not None and any((session.id, request_id) in calls().running for request_id in ids)
    if taken or len(set(ids)) < len(ids):
        raise HttpError(400, INVALID_REQUEST, "Invalid request: a request with this id is still running")


def _spawn(work: Coroutine[Any, Any, None], reply: Outlet) -> None:
    loop = asyncio.get_running_loop()
    silence = loop.call_later(conf().keep_alive, reply.start)
    task = loop.create_task(work)
    _running.add(task)

    def over(done: "asyncio.Task[None]") -> None:
        _running.discard(done)
        silence.cancel()
        reply.finish(b"", 202)  # only where the work itself could not: it was cut short

    task.add_done_callback(over)


@dataclass(frozen=True, slots=True)
class _Work:
    """One request that is being served."""

    message: Envelope
    task: "asyncio.Task[Envelope]"
    record: Record | None


def _begin(
    call: Call, session: SessionRecord | None, message: Envelope, reply: Outlet, version: str, size: int
) -> _Work:
    """Start the work on one request. Its id is taken at once: another request may come in the same turn of the loop."""
    record = ledger.begin(call, message, size)
    task = asyncio.ensure_future(_respond(call, session, message, reply, version, record))
    if session is not None:
        calls().running[session.id, message["id"]] = task
    return _Work(message, task, record)


@dataclass(frozen=True, slots=True)
class _Answer:
    """The response to one request, empty when none is due."""

    body: bytes
    status: int = 200
    headers: Headers = ()


_NOTHING_DUE = _Answer(b"", 202)


async def _answer(call: Call, session: SessionRecord | None, work: _Work) -> _Answer:
    """The response to one request: its result, nothing when the client cancelled it, a 401 when its access ended."""
    access_ended = asyncio.Event()

    def end() -> None:
        access_ended.set()
        work.task.cancel()

    expiry = asyncio.get_running_loop().call_later(expires_in(call.principal), end)
    try:
        with open_streams().holding(call.principal.connection_id, end):
            await asyncio.wait({work.task})
    finally:
        expiry.cancel()
        work.task.cancel()
        if session is not None:
            calls().running.pop((session.id, work.message["id"]), None)
    request_id, record = work.message["id"], work.record
    if not work.task.cancelled():
        envelope = work.task.result()
        body = encode_answer(request_id, envelope)
        if record is not None:
            if "error" in envelope:
                record.note_failure(envelope["error"]["code"])
            body = await record.answer(body)
        return _Answer(body)
    if record is not None:
        record.cut(ToolCall.Outcome.ACCESS_ENDED if access_ended.is_set() else ToolCall.Outcome.CANCELLED)
    if not access_ended.is_set():
        return _NOTHING_DUE
    over = access_over(call.endpoint)
    return _Answer(encode(failure(request_id, over.code, over.message)), over.status, over.headers)


async def _respond(
    call: Call,
    session: SessionRecord | None,
    message: Envelope,
    reply: Outlet,
    version: str,
    record: Record | None,
) -> Envelope:
    request_id, method, params = message["id"], message["method"], message.get("params")
    if missing := call.endpoint.missing_scopes(call.principal, method, params):
        # Only in a batch, whose other members are answered all the same.
        if record is not None:
            record.note(ToolCall.Outcome.REFUSED, " ".join(sorted(missing)))
        refused = insufficient_scope(call.endpoint, call.principal, missing)
        return failure(request_id, refused.code, refused.message, refused.data)
    exchange = Exchange(
        call.endpoint,
        call.principal,
        request_id=request_id,
        params=params,
        version=version,
        push=reply.push,
        session=session,
        close=reply.close,
        record=record,
    )
    client = (session.client_info, session.capabilities) if session else (None, None)
    connection = Connection.from_envelope(version, *client)
    connection.session_id = session.id if session else None
    exchange.capabilities = connection.client_capabilities
    try:
        result = await serve_one(call.server, exchange, method, params, connection=connection, lifespan_state=None)
    except Exception as raised:
        error = modern_error_data(raised)
        return failure(request_id, error.code, error.message, error.data)
    return success(request_id, result)
