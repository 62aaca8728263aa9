"""Runs JSON-RPC messages of a session through the SDK: what Streamable HTTP of 2025 and HTTP+SSE share."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from mcp_types import INVALID_REQUEST

from mcp_endpoint import kernel, ledger
from mcp_endpoint.conf import conf
from mcp_endpoint.entrance.bearer import access_over, insufficient_scope
from mcp_endpoint.entrance.gate import Call
from mcp_endpoint.errors import HttpError, unavailable
from mcp_endpoint.exchange import Exchange
from mcp_endpoint.models import ToolCall
from mcp_endpoint.patience import patience
from mcp_endpoint.sdk import modern_error_data
from mcp_endpoint.state.calls import calls
from mcp_endpoint.state.claims import Claim
from mcp_endpoint.state.in_flight import Place, Reason, in_flight, stopped
from mcp_endpoint.state.sessions import SessionRecord
from mcp_endpoint.transports.reply import Outlet
from mcp_endpoint.transports.streams import expires_in
from mcp_endpoint.wire import Headers, encode, failure, is_request_id
from oauth_bridge.away import is_away

_running: set[asyncio.Task[None]] = set()
Envelope = dict[str, Any]
End = Reason | Literal["duplicate"]
"""Why a call is ended: for what ends any, or because another process runs one of its id."""


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

    Raises `HttpError` 400 when a request of that id is still running in the session, 429 or 503 when there are as many
    calls as there may be.
    """
    _refuse_duplicates(session, [message])
    work = _Work(call, session, message, reply, version, in_flight().call(call.principal), call.body_bytes)

    async def run() -> None:
        answer = await work.answer()
        reply.finish(answer.body, answer.status, answer.headers)

    work.runs_in(_spawn(run(), reply, [work]))


def start_batch(
    call: Call, session: SessionRecord | None, messages: list[Envelope], reply: Outlet, version: str
) -> None:
    """Run the requests of a batch side by side. Their responses come as one array.

    Raises `HttpError` 400 when two of them, or one that is still running, have the same id, 429 or 503 when there are
    as many calls as there may be.
    """
    _refuse_duplicates(session, messages)
    works = [
        _Work(call, session, message, reply, version, place, len(encode(message)))
        for message, place in zip(messages, _places(call, len(messages)), strict=True)
    ]
    tasks = []
    for work in works:
        tasks.append(asyncio.ensure_future(work.answer()))
        work.runs_in(tasks[-1])

    async def run() -> None:
        await asyncio.wait(tasks)
        answers = [_NOTHING_DUE if task.cancelled() else task.result() for task in tasks]
        given = [answer for answer in answers if answer.body]
        body = b"[" + b",".join(answer.body for answer in given) + b"]" if given else b""
        last = max(given, key=lambda answer: answer.status, default=_NOTHING_DUE)
        reply.finish(body, last.status, last.headers)

    _spawn(run(), reply, works)


def _places(call: Call, number: int) -> list[Place]:
    """Places for the calls of a batch, all or none."""
    places: list[Place] = []
    try:
        for _ in range(number):
            places.append(in_flight().call(call.principal))
    except HttpError:
        for place in places:
            place.leave()
        raise
    return places


def _refuse_duplicates(session: SessionRecord | None, messages: list[Envelope]) -> None:
    ids = [message["id"] for message in messages]
    taken = session is not None and any((session.id, request_id) in calls().running for request_id in ids)
    if taken or len(set(ids)) < len(ids):
        raise _duplicate()


def _duplicate() -> HttpError:
    return HttpError(400, INVALID_REQUEST, "Invalid request: a request with this id is still running")


def _spawn(run: Coroutine[Any, Any, None], reply: Outlet, works: list["_Work"]) -> "asyncio.Task[None]":
    task = asyncio.get_running_loop().create_task(run)
    _running.add(task)

    def over(done: "asyncio.Task[None]") -> None:
        _running.discard(done)
        for work in works:
            work.leave()
        reply.finish(b"", 202)  # only where the work itself could not: it was cut short

    task.add_done_callback(over)
    return task


@dataclass(frozen=True, slots=True)
class _Answer:
    """The response to one request, empty when none is due."""

    body: bytes
    status: int = 200
    headers: Headers = ()


_NOTHING_DUE = _Answer(b"", 202)


class _Work:
    """One request that is being served, and how it ends before it is done."""

    def __init__(
        self,
        call: Call,
        session: SessionRecord | None,
        message: Envelope,
        reply: Outlet,
        version: str,
        place: Place,
        size: int,
    ) -> None:
        self._call = call
        self._session = session
        self._message = message
        self._reply = reply
        self._version = version
        self._place = place
        self._record = ledger.begin(call, message, size)
        self._reason: End | None = None
        self._claim: Claim | None = None
        self._task: asyncio.Task[Any] | None = None
        self._timers: tuple[asyncio.TimerHandle, ...] = ()
        self._wait = patience().wait(self._take_longer)
        place.end = self._end

    def runs_in(self, task: "asyncio.Task[Any]") -> None:
        """The task that answers. Its id is taken at once: another request may come in the same turn of the loop."""
        self._task = task
        if self._session is not None:
            calls().running[self._session.id, self._message["id"]] = task

    async def answer(self) -> _Answer:
        """Its result, nothing when the client cancelled it, a 401 when its access ended.

        A 400 when another process turns out to run a call of its id, a 503 when the server stops before it was done, or
        cannot reach its storage.
        """
        status = 200
        headers: Headers = ()
        try:
            body = await self._respond()
        except asyncio.CancelledError:
            self._let_go()
            return self._cut()
        except HttpError as error:
            body = encode(failure(self._message["id"], error.code, error.message))
            status, headers = error.status, error.headers
        self._let_go()
        return _Answer(body if self._record is None else await self._record.answer(body), status, headers)

    def leave(self) -> None:
        """It is over. A call that was cancelled before it could begin is written down here."""
        self._let_go()
        self._place.leave()
        if self._record is not None:
            self._record.cut()

    def _take_longer(self) -> None:
        """What most calls are over before: a sign of life, the end of the caller's token, word to other processes."""
        loop = asyncio.get_running_loop()
        self._timers = (
            loop.call_later(conf().keep_alive, self._reply.start),
            loop.call_later(expires_in(self._call.principal), self._end, "revoked"),
        )
        if self._session is not None and conf().redis_url:
            self._claim = Claim(self._session.id, self._message["id"], partial(self._end, "duplicate"))

    def _end(self, reason: End) -> None:
        if self._task is not None:
            self._reason = self._reason or reason
            self._task.cancel()

    def _let_go(self) -> None:
        """From here on nothing ends it."""
        self._wait.cancel()
        for timer in self._timers:
            timer.cancel()
        if self._session is not None and self._task is not None:
            calls().running.pop((self._session.id, self._message["id"]), None)
        if self._claim is not None:
            self._claim.release()
        self._claim = self._task = None

    def _cut(self) -> _Answer:
        if self._record is not None:
            is_revoked = self._reason == "revoked"
            outcome = ToolCall.Outcome.ACCESS_ENDED if is_revoked else ToolCall.Outcome.CANCELLED
            self._record.cut(outcome, self._reason or "")
        if self._reason is None:
            return _NOTHING_DUE
        over = {"revoked": lambda: access_over(self._call.endpoint), "stopped": stopped, "duplicate": _duplicate}
        error = over[self._reason]()
        return _Answer(encode(failure(self._message["id"], error.code, error.message)), error.status, error.headers)

    async def _respond(self) -> bytes:
        """The JSON-RPC response; raises `HttpError` 503 when the database or Redis is away."""
        call, session, record = self._call, self._session, self._record
        request_id, method, params = self._message["id"], self._message["method"], self._message.get("params")
        if missing := call.endpoint.missing_scopes(call.principal, method, params):
            # Only in a batch, whose other members are answered all the same.
            if record is not None:
                record.note(ToolCall.Outcome.REFUSED, " ".join(sorted(missing)))
            refused = insufficient_scope(call.endpoint, call.principal, missing)
            return encode(failure(request_id, refused.code, refused.message, refused.data))
        exchange = Exchange(
            call.endpoint,
            call.principal,
            request_id=request_id,
            params=params,
            version=self._version,
            push=self._reply.push,
            session=session,
            close=self._reply.close,
            record=record,
        )
        client = (session.client_info, session.capabilities) if session else (None, None)
        try:
            return await kernel.respond(call.server, exchange, method, params, client)
        except Exception as raised:
            away = unavailable() if is_away(raised) else None
            error = away or modern_error_data(raised)
            if record is not None:
                record.note_failure(error.code)
            if away is not None:
                raise away from raised
            return encode(failure(request_id, error.code, error.message, error.data))
