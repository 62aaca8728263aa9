"""What a 2025 session keeps for its stream: resource subscriptions and the log level."""

import mcp_types as types

from mcp_endpoint.exchange import Ctx, Exchange, exchange_of
from mcp_endpoint.executor import run_sync
from mcp_endpoint.sdk import MCPError
from mcp_endpoint.state.sessions import SessionRecord, sessions, tell_changed

MAX_SUBSCRIPTIONS = 1000


def _session(ctx: Ctx) -> tuple[Exchange, SessionRecord]:
    exchange = exchange_of(ctx)
    if exchange.session is None:
        raise MCPError(types.METHOD_NOT_FOUND, "This needs a session", ctx.method)
    return exchange, exchange.session


async def subscribe(ctx: Ctx, params: types.SubscribeRequestParams) -> types.EmptyResult:
    """Serve `resources/subscribe`."""
    exchange, session = _session(ctx)
    uri = str(params.uri)
    if not await run_sync(exchange.endpoint.may_read, exchange.principal, uri):
        raise MCPError(types.INVALID_PARAMS, "Unknown resource", {"uri": uri})
    if not await sessions().subscribe(session.id, uri, MAX_SUBSCRIPTIONS):
        raise MCPError(types.INVALID_PARAMS, f"A session can have {MAX_SUBSCRIPTIONS} subscriptions")
    await tell_changed(session.id)
    return types.EmptyResult()


async def unsubscribe(ctx: Ctx, params: types.UnsubscribeRequestParams) -> types.EmptyResult:
    """Serve `resources/unsubscribe`; one that was never made is no error."""
    _, session = _session(ctx)
    await sessions().unsubscribe(session.id, str(params.uri))
    await tell_changed(session.id)
    return types.EmptyResult()


async def set_level(ctx: Ctx, params: types.SetLevelRequestParams) -> types.EmptyResult:
    """Serve `logging/setLevel`."""
    _, session = _session(ctx)
    await sessions().set_log_level(session.id, params.level)
    await tell_changed(session.id)
    return types.EmptyResult()
