"""One request being served: the way back to its client."""

import asyncio
import json
import threading
from concurrent.futures import CancelledError
from typing import Any

import pytest

from mcp_endpoint.context import Context
from mcp_endpoint.exchange import Exchange
from mcp_endpoint.sdk import NoBackChannelError
from tests.mcp_endpoint.conftest import Site
from tests.mcp_endpoint.driver import Json, eventually
from tests.mcp_endpoint.people import principal


class Way:
    """An exchange and what was sent on its way back."""

    def __init__(self, site: Site, **options: Any) -> None:
        self.sent: list[Json] = []
        self.exchange = Exchange(
            site.endpoint,
            principal(),
            request_id=1,
            params=options.pop("params", None),
            version="2025-11-25",
            push=lambda data: self.sent.append(json.loads(data)),
            **options,
        )


async def test_a_notification_may_have_no_params(site: Site) -> None:
    way = Way(site)
    await way.exchange.notify("notifications/unknown", None)
    assert way.sent == [{"jsonrpc": "2.0", "method": "notifications/unknown"}]


async def test_the_sdk_reports_progress_through_it(site: Site) -> None:
    way = Way(site, params={"_meta": {"progressToken": "t"}})
    await way.exchange.progress(1, 2, "half")
    assert way.sent[0]["params"] == {"progressToken": "t", "progress": 1, "total": 2, "message": "half"}


@pytest.mark.parametrize("params", [None, {}, {"_meta": None}, {"_meta": [1]}, {"_meta": {}}])
async def test_progress_that_nobody_asked_for_is_not_sent(site: Site, params: Any) -> None:
    way = Way(site, params=params)
    await way.exchange.progress(1)
    assert way.sent == []


async def test_messages_of_another_thread_keep_their_order(site: Site) -> None:
    way = Way(site)

    def talk() -> None:
        for n in range(20):
            way.exchange.emit("n", {"n": n})

    thread = threading.Thread(target=talk)
    thread.start()
    await eventually(lambda: len(way.sent) == 20)
    thread.join()
    assert [message["params"]["n"] for message in way.sent] == list(range(20))


async def test_nobody_can_be_asked_without_a_session(site: Site) -> None:
    with pytest.raises(NoBackChannelError):
        await Way(site).exchange.send_raw_request("roots/list", None)


async def test_the_sdk_finds_an_event_that_is_never_set(site: Site) -> None:
    exchange = Way(site).exchange
    assert exchange.cancel_requested is exchange.cancel_requested
    assert not exchange.cancel_requested.is_set()


async def test_a_call_that_was_cancelled_cannot_wait_any_more(site: Site) -> None:
    context = Context(Way(site).exchange)
    context.cancel()

    def work() -> None:
        with pytest.raises(CancelledError):
            context.wait(asyncio.Event().wait())

    await asyncio.to_thread(work)
