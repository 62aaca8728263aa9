"""The mcp_endpoint app: at start-up it finds every installed app's `mcp.py`, as the admin finds `admin.py`."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class McpEndpointConfig(AppConfig):
    name = "mcp_endpoint"
    verbose_name = "MCP"

    def ready(self) -> None:
        """Collect declarations. Raises `DeclarationError` for one that cannot be served: the site does not start."""
        from accounts.upstream.signals import upstream_linked
        from mcp_endpoint.catalog import on_tools_changed
        from mcp_endpoint.endpoints import endpoints
        from mcp_endpoint.entrance import bearer
        from mcp_endpoint.state.in_flight import on_access_ended
        from mcp_endpoint.upstream.links import on_linked
        from oauth_bridge.signals import access_changed, access_ended, tools_changed

        autodiscover_modules("mcp")
        for endpoint in endpoints():
            endpoint.registry.check()
        # Before the streams are told: a client that comes back at once is to be refused.
        access_ended.connect(bearer.on_access_ended, dispatch_uid="mcp_endpoint.entrance.bearer.ended")
        access_changed.connect(bearer.on_access_changed, dispatch_uid="mcp_endpoint.entrance.bearer.changed")
        tools_changed.connect(bearer.on_tools_changed, dispatch_uid="mcp_endpoint.entrance.bearer.tools")
        access_ended.connect(on_access_ended, dispatch_uid="mcp_endpoint.state.in_flight")
        tools_changed.connect(on_tools_changed, dispatch_uid="mcp_endpoint.catalog")
        upstream_linked.connect(on_linked, dispatch_uid="mcp_endpoint.upstream.links")
