"""What runs or is open: how much there may be of it, and how it ends."""

import asyncio
from typing import Any

import pytest
from django.db import OperationalError
from pytest_django import Settings

from mcp_endpoint.errors import HttpError
from mcp_endpoint.state import in_flight as in_flight_module
from mcp_endpoint.state.bus import MISSED, bus
from mcp_endpoint.state.in_flight import InFlight, Kind, in_flight
from oauth_bridge.principal import Principal
from oauth_bridge.signals import access_ended
from tests.mcp_endpoint.conftest import Site
from tests.mcp_endpoint.driver import eventually
from tests.mcp_endpoint.people import Somebody, principal

ALICE, BOB = Somebody(1, "alice"), Somebody(2, "bob")


@pytest.fixture(autouse=True)
def layer(site: Site) -> None:
    """A bus of the test's own."""


def refusal(take: Any, caller: Principal) -> HttpError:
    with pytest.raises(HttpError) as raised:
        take(caller)
    return raised.value


class TestEnding:
    async def test_ends_everything_of_a_connection(self) -> None:
        ended: list[str] = []
        here = in_flight()
        for name, place in (("a", here.call(principal())), ("b", here.stream(principal()))):
            place.end = lambda reason, name=name: ended.append(f"{name} {reason}")
        access_ended.send(None, connection_ids=frozenset({1, 2}))
        await eventually(lambda: len(ended) == 2)
        assert sorted(ended) == ["a revoked", "b revoked"]

    async def test_ends_nothing_of_another_connection(self) -> None:
        ended: list[str] = []
        other, mine = in_flight().call(principal(connection_id=8)), in_flight().call(principal(connection_id=7))
        other.end, mine.end = (lambda _: ended.append("other")), (lambda _: ended.append("mine"))
        access_ended.send(None, connection_ids=frozenset({7}))
        await eventually(lambda: ended)
        assert ended == ["mine"]

    async def test_leaves_nothing_behind(self) -> None:
        here = in_flight()
        with here.call(principal()) as place:
            assert len(here) == 1
        place.leave()
        assert (len(here), here.places(), here._by_user) == (0, [], {"calls": {}, "streams": {}})


class TestWhatWasMissed:
    async def test_is_made_up_for(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The database, away at first, says that only one of two may go on."""
        answers: list[Any] = [OperationalError("away"), [True, False]]

        def still_stands(callers: list[Principal]) -> list[bool]:
            if isinstance(answer := answers.pop(0), Exception):
                raise answer
            assert len(callers) == 2
            return list(answer)

        monkeypatch.setattr(in_flight_module, "still_stands", still_stands)
        monkeypatch.setattr(in_flight_module, "CHECK_PAUSE", 0)
        ended: list[str] = []
        for name in ("stays", "goes"):
            place = in_flight().call(principal()) if name == "stays" else in_flight().stream(principal())
            place.end = lambda reason, name=name: ended.append(name)
        await bus().publish(MISSED)
        await eventually(lambda: ended and not answers)
        assert ended == ["goes"]


class TestLimits:
    @pytest.mark.parametrize(("kind", "again"), [("calls", b"1"), ("streams", b"30")])
    async def test_one_user_has_so_many(self, settings: Settings, kind: Kind, again: bytes) -> None:
        setattr(settings, f"MCP_MAX_{kind.upper()}_PER_USER", 2)
        take = in_flight().call if kind == "calls" else in_flight().stream
        first, _ = take(principal(ALICE)), take(principal(ALICE, client_id="another"))
        refused = refusal(take, principal(ALICE, client_id="a third"))
        assert refused.status == 429
        assert refused.message == (f"You have as many {kind} on this server as one user may have at a time, which is 2")
        assert refused.headers == ((b"retry-after", again),)
        assert refused.data == {"limit": f"{kind} per user", "most": 2}
        take(principal(BOB)).leave()
        first.leave()
        take(principal(ALICE))

    @pytest.mark.parametrize("kind", ["calls", "streams"])
    async def test_all_have_so_many(self, settings: Settings, kind: Kind) -> None:
        setattr(settings, f"MCP_MAX_{kind.upper()}", 2)
        take = in_flight().call if kind == "calls" else in_flight().stream
        take(principal(ALICE))
        last = take(principal(BOB))
        refused = refusal(take, principal(Somebody(3, "carol")))
        assert (refused.status, refused.data) == (503, {"limit": kind, "most": 2})
        last.leave()
        take(principal(Somebody(3, "carol")))

    async def test_calls_and_streams_are_counted_apart(self, settings: Settings) -> None:
        settings.MCP_MAX_CALLS_PER_USER = settings.MCP_MAX_STREAMS_PER_USER = 1
        in_flight().call(principal())
        in_flight().stream(principal())


class Request:
    """An HTTP request whose client reads nothing more."""

    def __init__(self, here: InFlight) -> None:
        self._here, self.aborted = here, False
        here.begin(self)

    def abort(self) -> None:
        self.aborted = True
        self._here.finish(self)


class TestTheStop:
    async def test_ends_streams_at_once_and_waits_for_calls(self) -> None:
        here = InFlight()
        stream, call = here.stream(principal()), here.call(principal())
        reasons: list[str] = []
        stream.end = lambda reason: (reasons.append(reason), stream.leave())
        call.end = lambda reason: reasons.append(f"call {reason}")
        stopping = asyncio.ensure_future(here.stop(grace=60))
        await eventually(lambda: reasons == ["stopped"])
        assert not stopping.done()
        call.leave()
        await stopping
        assert reasons == ["stopped"]

    async def test_begins_nothing_new(self) -> None:
        here = InFlight()
        await here.stop(grace=60)
        for take in (here.call, here.stream):
            refused = refusal(take, principal())
            assert refused.status == 503
            assert dict(refused.headers) == {b"retry-after": b"1", b"connection": b"close"}

    async def test_cuts_calls_that_take_longer_than_the_grace(self) -> None:
        here = InFlight()
        call = here.call(principal())
        reasons: list[str] = []
        call.end = lambda reason: (reasons.append(reason), call.leave())
        await here.stop(grace=0.01)
        assert reasons == ["stopped"]

    async def test_breaks_off_what_nobody_reads(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(in_flight_module, "CUT_SECONDS", 0.01)
        here = InFlight()
        request = Request(here)
        await here.stop(grace=0.01)
        assert request.aborted
