"""Every name of the `mcp` package that this room uses, so that an upgrade has one place to break.

`tests/mcp_endpoint/test_sdk_contract.py` holds what we rely on for each.
"""

from mcp.server.caching import CACHEABLE_METHODS, CacheableMethod, CacheHint
from mcp.server.connection import Connection
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel.server import NotificationOptions, Server
from mcp.server.mcpserver.utilities.func_metadata import FuncMetadata, func_metadata
from mcp.server.models import InitializationOptions
from mcp.server.request_state import RequestStateBoundary, RequestStateSecurity
from mcp.server.runner import modern_error_data, serve_one
from mcp.server.subscriptions import ListenHandler
from mcp.shared.dispatcher import CallOptions
from mcp.shared.exceptions import MCPError, NoBackChannelError
from mcp.shared.inbound import (
    ERROR_CODE_HTTP_STATUS,
    InboundLadderRejection,
    InboundModernRoute,
    classify_inbound_request,
    find_duplicated_routing_header,
    find_invalid_x_mcp_header,
    validate_mcp_param_headers,
)
from mcp.shared.message import ServerMessageMetadata
from mcp.shared.subscriptions import (
    PromptsListChanged,
    ResourcesListChanged,
    ResourceUpdated,
    ServerEvent,
    ToolsListChanged,
    event_from_wire,
)
from mcp.shared.transport_context import TransportContext
from mcp.shared.uri_template import InvalidUriTemplate, UriTemplate

__all__ = [
    "CACHEABLE_METHODS",
    "ERROR_CODE_HTTP_STATUS",
    "CacheHint",
    "CacheableMethod",
    "CallOptions",
    "Connection",
    "FuncMetadata",
    "InboundLadderRejection",
    "InboundModernRoute",
    "InitializationOptions",
    "InvalidUriTemplate",
    "ListenHandler",
    "MCPError",
    "NoBackChannelError",
    "NotificationOptions",
    "PromptsListChanged",
    "RequestStateBoundary",
    "RequestStateSecurity",
    "ResourceUpdated",
    "ResourcesListChanged",
    "Server",
    "ServerEvent",
    "ServerMessageMetadata",
    "ServerRequestContext",
    "ToolsListChanged",
    "TransportContext",
    "UriTemplate",
    "classify_inbound_request",
    "event_from_wire",
    "find_duplicated_routing_header",
    "find_invalid_x_mcp_header",
    "func_metadata",
    "modern_error_data",
    "serve_one",
    "validate_mcp_param_headers",
]
