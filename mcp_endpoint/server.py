"""The SDK server behind an Endpoint: which handlers it has, what it says of itself."""

from functools import cached_property
from typing import Any, cast

import mcp_types as types

from mcp_endpoint import catalog, changes, prompts, resources, subscriptions, tools
from mcp_endpoint.conf import conf
from mcp_endpoint.endpoints import Endpoint
from mcp_endpoint.exchange import Ctx, exchange_of
from mcp_endpoint.sdk import (
    CACHEABLE_METHODS,
    CacheableMethod,
    CacheHint,
    InitializationOptions,
    NotificationOptions,
    RequestStateBoundary,
    RequestStateSecurity,
    Server,
)
from oauth_bridge.grant_types import CLIENT_CREDENTIALS, supported_grants

CLIENT_CREDENTIALS_EXTENSION = "io.modelcontextprotocol/oauth-client-credentials"
"""Says that operator-created clients get in without a person's browser (MCP extensions/auth; optional to tell)."""

LIST_TTL = 60_000
"""Milliseconds for which a client may reuse a list. Lists depend on the caller, so the scope is always private."""


class EndpointServer(Server[Any]):
    """The SDK's low-level server, telling 2025 clients truthfully that lists can change."""

    @cached_property
    def stamp(self) -> dict[str, Any]:
        """What every result of the 2026 era says of the server, as the SDK stamps it."""
        return {types.SERVER_INFO_META_KEY: self.server_info_stamp}

    def create_initialization_options(
        self,
        notification_options: NotificationOptions | None = None,
        experimental_capabilities: dict[str, dict[str, Any]] | None = None,
        extensions: dict[str, dict[str, Any]] | None = None,
    ) -> InitializationOptions:
        told = conf().sessions
        options = notification_options or NotificationOptions(told, told, told)
        return super().create_initialization_options(options, experimental_capabilities, extensions)


def make_server(endpoint: Endpoint) -> EndpointServer:
    """The server of one Endpoint."""
    server = EndpointServer(
        endpoint.title,
        version=endpoint.version,
        title=endpoint.title,
        instructions=endpoint.instructions or None,
        website_url=conf().public_url,
        cache_hints=dict.fromkeys(cast(frozenset[CacheableMethod], CACHEABLE_METHODS), CacheHint(LIST_TTL, "private")),
        on_list_tools=catalog.list_tools,
        on_call_tool=tools.call_tool,
        on_list_resources=catalog.list_resources,
        on_list_resource_templates=catalog.list_templates,
        on_read_resource=resources.read_resource,
        on_list_prompts=catalog.list_prompts,
        on_get_prompt=prompts.get_prompt,
        on_completion=prompts.complete,
        on_subscriptions_listen=changes.listen,
    )
    if CLIENT_CREDENTIALS in supported_grants():
        server.extensions[CLIENT_CREDENTIALS_EXTENSION] = {}
    # Drop the SDK's tracing, a cost on each call without an exporter; seal request state with the site's own keys.
    security = RequestStateSecurity(keys=list(conf().state_keys), bind_principal=_owner)
    server.middleware[:] = [RequestStateBoundary(security, default_audience=endpoint.uri)]
    if conf().sessions:
        # Registered by name: the constructor's keywords warn that 2026-07-28 deprecates them.
        server.add_request_handler("logging/setLevel", types.SetLevelRequestParams, subscriptions.set_level)
        server.add_request_handler("resources/subscribe", types.SubscribeRequestParams, subscriptions.subscribe)
        server.add_request_handler("resources/unsubscribe", types.UnsubscribeRequestParams, subscriptions.unsubscribe)
    return server


def _owner(ctx: Ctx) -> str:
    return exchange_of(ctx).principal.owner
