"""What a 2025 session keeps for its stream: resource subscriptions and the log level."""

import mcp_types as types

from mcp_endpoint.exchange import Ctx, Exchange, exchange_of
from mcp_endpoint.executor import run_sync
from mcp_endpoint.sdk import MCPError
from mcp_endpoint.sessions import SessionRecord, sessions

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
    if len(session.subscriptions | {uri}) > MAX_SUBSCRIPTIONS:
        raise MCPError(types.INVALID_PARAMS, f"A session can have {MAX_SUBSCRIPTIONS} subscriptions")
    session.subscriptions.add(uri)
    await sessions().save(session)
    return types.EmptyResult()


async def unsubscribe(ctx: Ctx, params: types.UnsubscribeRequestParams) -> types.EmptyResult:
    """Serve `resources/unsubscribe`; one that was never made is no error."""
    _, session = _session(ctx)
    session.subscriptions.discard(str(params.uri))
    await sessions().save(session)
    return types.EmptyResult()


async def set_level(ctx: Ctx, params: types.SetLevelRequestParams) -> types.EmptyResult:
    """Serve `logging/setLevel`."""
    _, session = _session(ctx)
    session.log_level = params.level
    await sessions().save(session)
    return types.EmptyResult()
