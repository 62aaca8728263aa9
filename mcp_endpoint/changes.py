"""Change notices: what changed, for whom, and their way to 2026 listen streams.

The streams of sessions get theirs in standalone.py.
"""

from collections.abc import Callable, Iterable
from typing import Any

from mcp_types import SubscriptionsListenRequestParams, SubscriptionsListenResult

from mcp_endpoint.bus import Message, bus
from mcp_endpoint.exchange import Ctx, Exchange, exchange_of
from mcp_endpoint.executor import run_sync
from mcp_endpoint.sdk import ListenHandler, ServerEvent, event_from_wire

KIND = "changed"
TOOLS = "notifications/tools/list_changed"
PROMPTS = "notifications/prompts/list_changed"
RESOURCES = "notifications/resources/list_changed"
RESOURCE = "notifications/resources/updated"


def publish_soon(endpoint: str, method: str, uri: str | None = None, user: Any = None) -> None:
    """Tell every process; `user` limits who hears of it to one user's streams. On the event loop only."""
    bus().publish_soon(KIND, endpoint=endpoint, method=method, uri=uri, user=user)


def concerns(message: Message, endpoint: str, user: Any) -> bool:
    """Whether a change is for this user's streams at this Endpoint."""
    return bool(message["endpoint"] == endpoint and message["user"] in (None, user))


def params_of(message: Message) -> dict[str, Any]:
    """The notification's params."""
    return {} if message["uri"] is None else {"uri": message["uri"]}


class _CallersEvents:
    """The SDK's SubscriptionBus as one caller may hear it."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    async def publish(self, event: ServerEvent) -> None:
        raise RuntimeError("changes are published with publish_soon")

    def subscribe(self, listener: Callable[[ServerEvent], None]) -> Callable[[], None]:
        def hear(message: Message) -> None:
            if concerns(message, self._exchange.endpoint.name, self._exchange.principal.user.pk):
                event = event_from_wire(message["method"], params_of(message))
                if event is not None:
                    listener(event)

        return bus().subscribe(KIND, hear)


async def listen(ctx: Ctx, params: SubscriptionsListenRequestParams) -> SubscriptionsListenResult:
    """Serve `subscriptions/listen` (MCP 2026-07-28 basic/patterns/subscriptions) until the client leaves."""
    exchange = exchange_of(ctx)
    wanted = params.notifications
    uris = await run_sync(_readable, exchange, wanted.resource_subscriptions or ())
    allowed = wanted.model_copy(update={"resource_subscriptions": uris or None})
    return await ListenHandler(_CallersEvents(exchange))(ctx, params.model_copy(update={"notifications": allowed}))


def _readable(exchange: Exchange, uris: Iterable[str]) -> list[str]:
    return [uri for uri in uris if exchange.endpoint.may_read(exchange.principal, uri)]
