"""Lists: what of an Endpoint this caller may see, and word that they changed for somebody."""

from collections.abc import Mapping
from typing import Any

import mcp_types as types

from mcp_endpoint.changes import TOOLS
from mcp_endpoint.endpoints import endpoints
from mcp_endpoint.exchange import Ctx, exchange_of
from mcp_endpoint.executor import run_sync
from mcp_endpoint.registry import E, visible
from mcp_endpoint.sdk import MCPError
from mcp_endpoint.state.change_log import announce_change


async def seen(ctx: Ctx, group: Mapping[Any, E]) -> list[E]:
    """The entries of a group that the caller may use; asks the database only where permissions are declared."""
    exchange = exchange_of(ctx)
    if any(entry.access.permissions for entry in group.values()):
        return await run_sync(visible, exchange.principal, group)
    return visible(exchange.principal, group)


def _whole(params: types.PaginatedRequestParams | None) -> None:
    """Lists come in one page, so no cursor is one of ours."""
    if params is not None and params.cursor is not None:
        raise MCPError(types.INVALID_PARAMS, "Unknown cursor")


async def list_tools(ctx: Ctx, params: types.PaginatedRequestParams | None) -> types.ListToolsResult:
    """Serve `tools/list`."""
    _whole(params)
    return types.ListToolsResult(
        tools=[entry.wire for entry in await seen(ctx, exchange_of(ctx).endpoint.registry.tools)]
    )


async def list_prompts(ctx: Ctx, params: types.PaginatedRequestParams | None) -> types.ListPromptsResult:
    """Serve `prompts/list`."""
    _whole(params)
    entries = await seen(ctx, exchange_of(ctx).endpoint.registry.prompts)
    return types.ListPromptsResult(prompts=[entry.wire for entry in entries])


async def list_resources(ctx: Ctx, params: types.PaginatedRequestParams | None) -> types.ListResourcesResult:
    """Serve `resources/list`."""
    _whole(params)
    return types.ListResourcesResult(
        resources=[
            types.Resource(
                uri=entry.uri,
                name=entry.name,
                title=entry.title,
                description=entry.description,
                mime_type=entry.mime_type,
            )
            for entry in await seen(ctx, exchange_of(ctx).endpoint.registry.resources)
        ]
    )


async def list_templates(ctx: Ctx, params: types.PaginatedRequestParams | None) -> types.ListResourceTemplatesResult:
    """Serve `resources/templates/list`."""
    _whole(params)
    return types.ListResourceTemplatesResult(
        resource_templates=[
            types.ResourceTemplate(
                uri_template=entry.uri,
                name=entry.name,
                title=entry.title,
                description=entry.description,
                mime_type=entry.mime_type,
            )
            for entry in await seen(ctx, exchange_of(ctx).endpoint.registry.templates)
        ]
    )


def on_tools_changed(sender: object, user_id: int, resource: str, **_: Any) -> None:
    """Receiver of `oauth_bridge.signals.tools_changed`: other tools are open to this user's clients now."""
    for endpoint in endpoints():
        if endpoint.uri == resource:
            announce_change(endpoint.name, TOOLS, user_id)
