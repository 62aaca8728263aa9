"""Change notices: what changed, for whom, and their way to 2026 listen streams.

The streams of sessions get theirs in standalone.py.
"""

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from mcp_types import SubscriptionsListenRequestParams, SubscriptionsListenResult

from mcp_endpoint.exchange import Ctx, Exchange, exchange_of
from mcp_endpoint.executor import run_sync
from mcp_endpoint.sdk import ListenHandler, ServerEvent, event_from_wire
from mcp_endpoint.state.change_log import Change, change_log
from mcp_endpoint.state.redis_client import RedisAwayError

TOOLS = "notifications/tools/list_changed"
PROMPTS = "notifications/prompts/list_changed"
RESOURCES = "notifications/resources/list_changed"
RESOURCE = "notifications/resources/updated"


def publish_soon(endpoint: str, method: str, uri: str | None = None, user: Any = None) -> None:
    """Tell every process; `user` limits who hears of it to one user's streams. On the event loop only."""
    change_log().append(endpoint, method, {} if uri is None else {"uri": uri}, user, None)


class _CallersEvents:
    """The SDK's SubscriptionBus as one caller may hear it."""

    def __init__(self, exchange: Exchange, uris: Iterable[str] = ()) -> None:
        self._exchange = exchange
        self._uris = tuple(uris)

    async def publish(self, event: ServerEvent) -> None:
        raise RuntimeError("changes are published with publish_soon")

    def subscribe(self, listener: Callable[[ServerEvent], None]) -> Callable[[], None]:
        endpoint, user = self._exchange.endpoint.name, self._exchange.principal.user.pk

        def hear(change: Change | None) -> None:
            for told in everything(endpoint, self._uris) if change is None else [change]:
                event = event_from_wire(told.method, told.params) if told.concerns(endpoint, user) else None
                if event is not None:
                    listener(event)

        return change_log().subscribe(endpoint, user, hear)


def everything(endpoint: str, uris: Iterable[str]) -> list[Change]:
    """What to tell a stream that missed changes: look at all of it again."""
    lists = [Change(0, endpoint, method, {}) for method in (TOOLS, PROMPTS, RESOURCES)]
    return [*lists, *(Change(0, endpoint, RESOURCE, {"uri": uri}) for uri in uris)]


async def listen(ctx: Ctx, params: SubscriptionsListenRequestParams) -> SubscriptionsListenResult:
    """Serve `subscriptions/listen` (MCP 2026-07-28 basic/patterns/subscriptions) until the client leaves.

    When the server stops, the stream ends with its result, as the specification has it.
    """
    exchange = exchange_of(ctx)
    wanted = params.notifications
    uris = await run_sync(_readable, exchange, wanted.resource_subscriptions or ())
    with suppress(RedisAwayError):  # then it hears of everything as soon as Redis is back
        await change_log().ready()
    allowed = wanted.model_copy(update={"resource_subscriptions": uris or None})
    handler = ListenHandler(_CallersEvents(exchange, uris))
    if (place := exchange.place) is not None:
        end = place.end
        place.end = lambda reason: handler.close() if reason == "stopped" else end(reason)
    return await handler(ctx, params.model_copy(update={"notifications": allowed}))


def _readable(exchange: Exchange, uris: Iterable[str]) -> list[str]:
    return [uri for uri in uris if exchange.endpoint.may_read(exchange.principal, uri)]
