"""HTTP+SSE of 2024-11-05: a GET that is the session's one stream, and POSTs whose answers travel on it."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import suppress
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs

from mcp_types import INVALID_REQUEST

from mcp_endpoint import ledger
from mcp_endpoint.conf import conf
from mcp_endpoint.endpoints import SSE_PATH
from mcp_endpoint.entrance.bearer import insufficient_scope
from mcp_endpoint.entrance.gate import Call
from mcp_endpoint.errors import HttpError
from mcp_endpoint.state.events import ANSWERS, Draft, Event, events
from mcp_endpoint.state.redis_client import PAUSE, RedisAwayError
from mcp_endpoint.state.sessions import SessionRecord, sessions, tell_changed
from mcp_endpoint.transports import handshake, rpc
from mcp_endpoint.transports.backlog import Backlog
from mcp_endpoint.transports.standalone import end_session, standalone_streams
from mcp_endpoint.transports.streams import serve_stream
from mcp_endpoint.wire import Headers, check_envelope, decode, encode, frame, readable_id, respond

MESSAGES_PATH = "/messages/"
VERSION = "2024-11-05"
"""Spoken until `initialize` agrees on another: newer clients use this transport with newer versions."""

END_SECONDS = 3.0
"""So long a stream's own end waits for that of its session, which comes later while Redis is away."""

_at_work: set[asyncio.Task[None]] = set()
"""What goes on when its request is over."""


async def open_stream(call: Call) -> None:
    """Serve `GET /sse`: the first event says where to POST, the session lives as long as the stream."""
    if call.scope["method"] != "GET" or not conf().sessions:
        raise HttpError(405, INVALID_REQUEST, "Use GET, where sessions are switched on", ((b"allow", b"GET"),))
    session = SessionRecord(
        owner=call.principal.owner,
        endpoint=call.endpoint.name,
        protocol_version=VERSION,
        client_info={},
        capabilities={},
    )
    await handshake.store(session)
    try:
        frames = _frames(call, session)
        await serve_stream(call.receive, call.send, call.principal, frames, check=call.check_again)
    finally:
        await asyncio.wait({_kept(_end(session.id))}, timeout=END_SECONDS)


async def post_message(call: Call) -> None:
    """Serve `POST /messages/?session_id=…`: 202 at once, the answer on the stream."""
    if call.scope["method"] != "POST":
        raise HttpError(405, INVALID_REQUEST, "Use POST", ((b"allow", b"POST"),))
    query = parse_qs(call.scope["query_string"].decode("latin-1"))
    session = await sessions().load(query.get("session_id", [""])[0])
    if session is None or session.owner != call.principal.owner or session.endpoint != call.endpoint.name:
        raise HttpError(404, INVALID_REQUEST, "Session not found")
    call.era = "2024-11-05"
    parsed = decode(await call.body())
    call.request_id = readable_id(parsed)
    message = check_envelope(parsed)
    if "id" not in message or "method" not in message:
        await rpc.take_note(session, message)
    elif message["method"] == "initialize":
        await _initialize(call, session, message)
    else:
        if missing := call.endpoint.missing_scopes(call.principal, message["method"], message.get("params")):
            await ledger.refuse(call, message, call.body_bytes, missing)
            raise insufficient_scope(call.endpoint, call.principal, missing, SSE_PATH)
        rpc.start(call, session, message, _StreamReply(session), session.protocol_version)
    await respond(call.send, 202)


def _kept(work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
    """A task that the loop does not forget."""
    task = asyncio.get_running_loop().create_task(work)
    _at_work.add(task)
    task.add_done_callback(_at_work.discard)
    return task


class _StreamReply:
    """A reply whose every message is an event of the session's standing stream, in order."""

    def __init__(self, session: SessionRecord) -> None:
        self._session_id = session.id
        # Bounded, for a log that is slower than the call, or away.
        self._pending = Backlog()
        self._writer: asyncio.Task[None] | None = None
        self._finished = False

    def start(self) -> None:
        """The stream is open already."""

    def close(self) -> None:
        """This transport cannot resume, so its stream stays open."""

    def push(self, data: bytes) -> None:
        """Send a message."""
        if self._finished:
            return
        self._pending.add(data)
        if self._writer is None or self._writer.done():
            self._writer = _kept(self._write())

    def finish(self, data: bytes, status: int = 200, headers: Headers = ()) -> None:
        """Send the result, if there is one."""
        if data:
            self.push(data)
        self._finished = True

    async def _write(self) -> None:
        while self._pending:
            await _append(self._session_id, self._pending.take())


async def _initialize(call: Call, session: SessionRecord, message: dict[str, Any]) -> None:
    body, agreed = await handshake.initialize(call, message)
    if agreed is not None:
        await sessions().agree(replace(agreed, id=session.id))
        await tell_changed(session.id)
    await _append(session.id, encode(body))


async def _append(session_id: str, data: bytes) -> None:
    """Bring a message to whichever process has the session's stream, in the end."""
    draft = Draft(data)
    while True:
        with suppress(RedisAwayError):
            if await sessions().load(session_id) is not None:
                await events().append(session_id, ANSWERS, draft)
            return
        await asyncio.sleep(PAUSE)


async def _end(session_id: str) -> None:
    """End a session whose stream is over, in the end."""
    while True:
        with suppress(RedisAwayError):
            await end_session(session_id)
            return
        await asyncio.sleep(PAUSE)


async def _frames(call: Call, session: SessionRecord) -> AsyncIterator[bytes]:
    target = f"{MESSAGES_PATH}?session_id={session.id}"
    yield frame(target.encode(), event="endpoint")
    changes = await standalone_streams().open(session, call.principal)
    async for event in _merged(events().tail(session.id, ANSWERS, 0), changes):
        yield frame(event.data)


async def _merged(*sources: AsyncIterator[Event]) -> AsyncIterator[Event]:
    """Events of several sources as they come, until one of them ends."""
    following = {asyncio.ensure_future(anext(source, None)): source for source in sources}
    try:
        while True:
            done, _ = await asyncio.wait(following, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                source = following.pop(task)
                if (event := task.result()) is None:
                    return
                yield event
                following[asyncio.ensure_future(anext(source, None))] = source
    finally:
        for task in following:
            task.cancel()
