"""The standing stream of each session: the GET stream of the 2025 era, the one stream of HTTP+SSE."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from mcp_endpoint.bus import Message, bus
from mcp_endpoint.changes import KIND, RESOURCE, concerns, params_of
from mcp_endpoint.conf import conf
from mcp_endpoint.events import STANDALONE, Event, events
from mcp_endpoint.per_loop import PerLoop
from mcp_endpoint.sessions import SessionRecord, sessions
from mcp_endpoint.wire import encode
from oauth_bridge.principal import Principal


@dataclass
class _Holder:
    session_id: str
    endpoint: str
    user: Any
    reader: asyncio.Event
    """Set when a newer reader takes the stream over: each message goes to one stream only."""
    expiry: asyncio.TimerHandle | None = None


class StandaloneStreams:
    """Sessions whose standing stream is, or was a moment ago, open in this process."""

    def __init__(self) -> None:
        self._holders: dict[str, _Holder] = {}
        self._appends: set[asyncio.Task[None]] = set()
        bus().subscribe(KIND, self._on_changed)
        bus().subscribe("session_ended", self._on_session_ended)

    async def read(self, session: SessionRecord, principal: Principal, after: int | None) -> AsyncIterator[Event]:
        """Events of the session's standing stream, until a newer reader comes or the session ends."""
        holder = self._holders.get(session.id)
        superseded = asyncio.Event()
        if holder is None:
            holder = _Holder(session.id, session.endpoint, principal.user.pk, superseded)
            self._holders[session.id] = holder
        else:
            holder.reader.set()
            holder.reader = superseded
            if holder.expiry is not None:
                holder.expiry.cancel()
        source = events().tail(session.id, STANDALONE, after)
        takeover = asyncio.ensure_future(superseded.wait())
        following = asyncio.ensure_future(anext(source, None))
        try:
            while True:
                await asyncio.wait({following, takeover}, return_when=asyncio.FIRST_COMPLETED)
                if not following.done() or (event := following.result()) is None:
                    return
                yield event
                following = asyncio.ensure_future(anext(source, None))
        finally:
            following.cancel()
            takeover.cancel()
            if holder.reader is superseded:
                holder.expiry = asyncio.get_running_loop().call_later(conf().event_ttl, self._abandon, holder)

    def _abandon(self, holder: _Holder) -> None:
        """Nobody came back for the stream: stop logging for it."""
        if self._holders.get(holder.session_id) is holder:
            del self._holders[holder.session_id]
            self._spawn(events().forget(holder.session_id, STANDALONE))

    def _on_session_ended(self, message: Message) -> None:
        holder = self._holders.pop(message["session"], None)
        if holder is not None and holder.expiry is not None:
            holder.expiry.cancel()
        self._spawn(events().forget(message["session"]))

    def _on_changed(self, message: Message) -> None:
        for holder in list(self._holders.values()):
            if concerns(message, holder.endpoint, holder.user):
                self._spawn(self._append(holder.session_id, message))

    async def _append(self, session_id: str, message: Message) -> None:
        if message["method"] == RESOURCE:
            session = await sessions().load(session_id)
            if session is None or message["uri"] not in session.subscriptions:
                return
        notice = {"jsonrpc": "2.0", "method": message["method"], "params": params_of(message)}
        await events().append(session_id, STANDALONE, encode(notice))

    def _spawn(self, coroutine: Any) -> None:
        task = asyncio.ensure_future(coroutine)
        self._appends.add(task)
        task.add_done_callback(self._appends.discard)


standalone_streams = PerLoop(StandaloneStreams)
"""The standing streams of the running event loop."""


async def end_session(session_id: str) -> bool:
    """End a session everywhere: its record, streams, events and running calls. False when there was none."""
    existed = await sessions().delete(session_id)
    await bus().publish("session_ended", session=session_id)
    return existed
