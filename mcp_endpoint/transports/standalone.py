"""The standing stream of each session: the GET stream of the 2025 era, a part of the one stream of HTTP+SSE.

It is a view of the change log, so no process keeps anything for it: an event's id is a position in the log, and
whichever process a client comes back to goes on from there.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from typing import Any

from mcp_endpoint.changes import RESOURCE, everything
from mcp_endpoint.conf import conf
from mcp_endpoint.per_loop import PerLoop
from mcp_endpoint.state.bus import MISSED, Message, bus
from mcp_endpoint.state.change_log import Change, change_log
from mcp_endpoint.state.events import Event
from mcp_endpoint.state.redis_client import PAUSE, RedisAwayError
from mcp_endpoint.state.session_record import STALE_SECONDS
from mcp_endpoint.state.sessions import SESSION_CHANGED, SESSION_ENDED, SessionRecord, sessions
from mcp_endpoint.wire import encode
from oauth_bridge.principal import Principal

OPENED = "standing_stream"
LOOKS = 8
"""Sessions that are looked up at a time, when all of them must be."""


def stream_of(session_id: str) -> str:
    """Name of a session's standing stream in event ids. Only who knows the session can tell it."""
    return f"get-{hashlib.sha256(session_id.encode()).hexdigest()[:16]}"


class _View:
    """What one session hears of the changes."""

    def __init__(self, session: SessionRecord, user: Any, number: int, position: int, looks: asyncio.Semaphore) -> None:
        self.number = number
        self._id, self._endpoint, self._user = session.id, session.endpoint, user
        self._stream = stream_of(session.id)
        self._session: SessionRecord | None = None
        """None when it must be looked up: it changed, or may have ended, or was not used for long."""
        self._doubts = 0
        self._position = position
        """Of the newest change that was told, or need not be."""
        self._looks = looks
        self._is_over = False
        self._news = asyncio.Event()
        self._is_resting = False

    def end(self) -> None:
        """Tell nothing more."""
        self._is_over = True
        self._news.set()

    def doubt(self) -> None:
        """Look the session up again."""
        self._session = None
        self._doubts += 1
        self._news.set()

    def hear(self, change: Change | None) -> None:
        """There is a change for this user at this Endpoint, or some may have been lost."""
        if self._is_resting and change is not None:
            # None before it was for this stream. Its client may be ahead of this process.
            self._position = max(self._position, change.position - 1)
            self._is_resting = False
        self._news.set()

    async def events(self, priming: bool) -> AsyncIterator[Event]:
        """What the session hears, as events that it can resume from."""
        if priming:
            yield Event(self._stream, self._position, b"")
        while not self._is_over:
            self._news.clear()
            try:
                if self._session is None and not await self._look_up():
                    return
                for change in await self._changes():
                    wanted = await self._wants(change)
                    self._position = max(self._position, change.position)
                    if wanted:
                        yield Event(self._stream, self._position, _notice(change))
            except RedisAwayError:
                await asyncio.sleep(PAUSE)
                continue
            await self._rest()

    async def _changes(self) -> list[Change]:
        """All that are new, in order; those that were dropped from the log unread stand for a change of everything."""
        log = change_log()
        changes, are_all = await log.after(self._position)
        if are_all:
            return changes
        self._position = changes[0].position - 1 if changes else log.position
        assert self._session is not None  # noqa: S101  (it was looked up a moment ago)
        return everything(self._endpoint, sorted(self._session.subscriptions)) + changes

    async def _wants(self, change: Change) -> bool:
        if not change.concerns(self._endpoint, self._user, self._id):
            return False
        if change.method != RESOURCE:
            return True
        if self._session is None and not await self._look_up():
            self._is_over = True
        return self._session is not None and change.params["uri"] in self._session.subscriptions

    async def _look_up(self) -> bool:
        """Whether the session is still there and this its newest stream. Counts as a use of it."""
        doubts = -1
        while doubts != self._doubts:  # or it changed while it was looked up
            doubts = self._doubts
            async with self._looks:
                self._session = await sessions().load(self._id)
        return self._session is not None and self._session.reader <= self.number

    async def _rest(self) -> None:
        if self._news.is_set():
            return
        self._is_resting = True
        try:
            async with asyncio.timeout(min(conf().session_idle, STALE_SECONDS) / 2):
                await self._news.wait()
        except TimeoutError:
            self._session = None
        finally:
            self._is_resting = False


class StandaloneStreams:
    """The standing streams that are open in this process, by session."""

    def __init__(self) -> None:
        self._open: dict[str, _View] = {}
        self._looks = asyncio.Semaphore(LOOKS)
        bus().subscribe(OPENED, self._on_opened)
        bus().subscribe(SESSION_CHANGED, self._on_changed)
        bus().subscribe(SESSION_ENDED, self._on_ended)
        bus().subscribe(MISSED, self._on_missed)

    async def open(
        self, session: SessionRecord, principal: Principal, after: int | None = None, *, priming: bool = False
    ) -> AsyncIterator[Event]:
        """The stream's events after a position, or from now on; it ends when a newer one opens, or with the session.

        With `priming` it begins with an empty event, which a client can resume from. Raises `RedisAwayError`.
        """
        await change_log().ready()
        position = change_log().position if after is None else after
        number = await sessions().next_reader(session.id)
        return self._read(_View(session, principal.user.pk, number, position, self._looks), session, principal, priming)

    async def _read(
        self, view: _View, session: SessionRecord, principal: Principal, priming: bool
    ) -> AsyncIterator[Event]:
        older = self._open.get(session.id)
        if older is not None and older.number > view.number:
            return
        if older is not None:
            older.end()
        self._open[session.id] = view
        undo = change_log().subscribe(session.endpoint, principal.user.pk, view.hear)
        try:
            await bus().publish(OPENED, session=session.id, reader=view.number)
            async for event in view.events(priming):
                yield event
        finally:
            undo()
            if self._open.get(session.id) is view:
                del self._open[session.id]

    def _on_opened(self, message: Message) -> None:
        view = self._open.get(message["session"])
        if view is not None and view.number < message["reader"]:
            view.end()

    def _on_changed(self, message: Message) -> None:
        for session_id in message["about"]:
            if (view := self._open.get(session_id)) is not None:
                view.doubt()

    def _on_ended(self, message: Message) -> None:
        if (view := self._open.get(message["session"])) is not None:
            view.end()

    def _on_missed(self, message: Message) -> None:
        for view in self._open.values():
            view.doubt()


standalone_streams = PerLoop(StandaloneStreams)
"""The standing streams of the running event loop."""


def _notice(change: Change) -> bytes:
    return encode({"jsonrpc": "2.0", "method": change.method, "params": change.params})


async def end_session(session_id: str) -> bool:
    """End a session everywhere: its record, streams, events and running calls. False when there was none."""
    existed = await sessions().delete(session_id)
    await bus().publish(SESSION_ENDED, session=session_id)
    return existed
