"""What runs or is open in this process, calls and event streams: how much there may be of it, and how it ends."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Literal, Protocol

from django.db import DatabaseError, InterfaceError
from mcp_types import INTERNAL_ERROR, INVALID_REQUEST

from mcp_endpoint.conf import conf
from mcp_endpoint.errors import HttpError
from mcp_endpoint.executor import run_at_gate
from mcp_endpoint.per_loop import PerLoop
from mcp_endpoint.state.bus import MISSED, Message, announce, bus
from oauth_bridge.principal import Principal
from oauth_bridge.standing import still_stands

logger = logging.getLogger(__name__)

ENDED = "access_ended"
CUT_SECONDS = 1.0
"""So long what was cut short may take to say so to its client."""
CHECK_PAUSE = 1.0
"""Seconds between two attempts to find out whose access ended, while the database is away."""
SOON, LATER = b"1", b"30"
"""Values of Retry-After, in seconds: a call is over soon, a stream is not."""

Kind = Literal["calls", "streams"]
Reason = Literal["revoked", "stopped"]


class Place:
    """One call that runs or stream that is open; a context manager that gives the place back."""

    __slots__ = ("_in_flight", "end", "kind", "principal")

    def __init__(self, in_flight: "InFlight", principal: Principal, kind: Kind) -> None:
        self._in_flight = in_flight
        self.principal = principal
        self.kind = kind
        self.end: Callable[[Reason], object] = _nothing
        """Ends it, when the caller's access ends or the server stops. Set by whoever holds the place."""

    def __enter__(self) -> "Place":
        return self

    def __exit__(self, *_: object) -> None:
        self.leave()

    def leave(self) -> None:
        """It is over. More than once does no harm."""
        self.end = _nothing  # whoever would end it holds it, too
        self._in_flight._leave(self)


def _nothing(reason: Reason) -> None:
    """What ends a thing that nobody can end yet, or any more."""


class Answer(Protocol):
    """One HTTP request that is being answered."""

    def abort(self) -> None:
        """Break off its connection without waiting for its client."""


class InFlight:
    """The calls and streams of one event loop."""

    def __init__(self) -> None:
        self.stopping = False
        """The server is about to end: nothing new begins."""
        self._answers: set[Answer] = set()
        self._places: dict[Kind, set[Place]] = {"calls": set(), "streams": set()}
        self._by_user: dict[Kind, Counter[Any]] = {"calls": Counter(), "streams": Counter()}
        self._checks: set[asyncio.Task[None]] = set()
        self._left = asyncio.Event()
        bus().subscribe(ENDED, self._on_ended)
        bus().subscribe(MISSED, self._on_missed)

    def call(self, principal: Principal) -> Place:
        """A place for a call; raises `HttpError` 429 or 503 when there is none."""
        limits = conf().limits
        return self._take("calls", principal, limits.calls_per_user, limits.calls)

    def stream(self, principal: Principal) -> Place:
        """A place for an event stream that stays open; raises `HttpError` 429 or 503 when there is none."""
        limits = conf().limits
        return self._take("streams", principal, limits.streams_per_user, limits.streams)

    def begin(self, answer: Answer) -> None:
        """An HTTP request came in."""
        self._answers.add(answer)

    def finish(self, answer: Answer) -> None:
        """It is answered, and its client has all of it."""
        self._answers.discard(answer)
        if self.stopping:
            self._left.set()

    def __len__(self) -> int:
        """Streams that are open and calls that run."""
        return sum(map(len, self._places.values()))

    def places(self) -> list[Place]:
        """All of them."""
        return [place for places in self._places.values() for place in places]

    async def stop(self, grace: float) -> None:
        """End everything: streams at once, calls when they are done, or after so many seconds as they are.

        Streams are told when to come back, calls that are cut short that they may be made again.
        """
        self.stopping = True
        self._end_all("streams")
        if await self._empty_within(grace):
            return
        self._end_all("calls")
        if await self._empty_within(CUT_SECONDS):
            return
        for answer in list(self._answers):
            answer.abort()
        await self._empty_within(CUT_SECONDS)

    def _end_all(self, kind: Kind) -> None:
        for place in list(self._places[kind]):
            place.end("stopped")

    async def _empty_within(self, seconds: float) -> bool:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while len(self) or self._answers:
                    self._left.clear()
                    await self._left.wait()
        return not len(self) and not self._answers

    def _take(self, kind: Kind, principal: Principal, most_of_one: int, most: int) -> Place:
        if self.stopping:
            raise stopped()
        places, users, user = self._places[kind], self._by_user[kind], principal.user.pk
        if users[user] >= most_of_one:
            raise at_limit(kind, most_of_one, SOON if kind == "calls" else LATER, per_user=True)
        if len(places) >= most:
            raise at_limit(kind, most, SOON if kind == "calls" else LATER)
        place = Place(self, principal, kind)
        places.add(place)
        users[user] += 1
        return place

    def _leave(self, place: Place) -> None:
        places, users, user = self._places[place.kind], self._by_user[place.kind], place.principal.user.pk
        if place not in places:
            return
        places.discard(place)
        users[user] -= 1
        if not users[user]:
            del users[user]
        self._left.set()

    def _on_ended(self, message: Message) -> None:
        over = frozenset(message["connections"])
        for place in self.places():
            if place.principal.connection_id in over:
                place.end("revoked")

    def _on_missed(self, message: Message) -> None:
        # Kept, or the loop might forget it.
        check = asyncio.ensure_future(self._end_what_ended())
        self._checks.add(check)
        check.add_done_callback(self._checks.discard)

    async def _end_what_ended(self) -> None:
        """End what notices that were lost would have ended: of connections, of tokens alone, of scopes."""
        places = self.places()
        while True:
            try:
                stand = await run_at_gate(still_stands, [place.principal for place in places])
                break
            except (DatabaseError, InterfaceError) as error:
                logger.error("Whose access ended is not known, which is tried again: %s", type(error).__name__)
                await asyncio.sleep(CHECK_PAUSE)
        for place, stands in zip(places, stand, strict=True):
            if not stands:
                place.end("revoked")


in_flight = PerLoop(InFlight)
"""What the running event loop has in flight."""


def on_access_ended(sender: object, connection_ids: frozenset[int], **_: Any) -> None:
    """Receiver of `oauth_bridge.signals.access_ended`: end these connections' streams in every process."""
    announce(ENDED, connections=sorted(connection_ids))


def at_limit(what: str, most: int, retry_after: bytes, *, per_user: bool = False) -> HttpError:
    """The refusal of what would be over a limit: 429 for one's own, 503 for everybody's.

    RFC 6585 §4 and RFC 9110 §15.6.4, both with when to come again.
    """
    if per_user:
        message = f"You have as many {what} on this server as one user may have at a time, which is {most}"
    else:
        message = f"This server has as many {what} as it takes at a time, which is {most}"
    data = {"limit": f"{what} per user" if per_user else what, "most": most}
    return HttpError(429 if per_user else 503, INVALID_REQUEST, message, ((b"retry-after", retry_after),), data)


def stopped() -> HttpError:
    """The answer to whatever a server that stops cannot begin, or could not finish: another one will."""
    closing = ((b"retry-after", SOON), (b"connection", b"close"))
    return HttpError(503, INTERNAL_ERROR, "This server is stopping: try again", closing)
