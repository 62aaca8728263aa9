"""The home page: what this server is and how to connect a client to it."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from mcp_endpoint.registry import registry
from mcpsite.clients import instructions, short_name
from oauth_bridge.resources import protected_resources


def home(request: HttpRequest) -> HttpResponse:
    """The default Endpoint's tools by scope, and instructions with this site's real URL in them."""
    resource = protected_resources()[0]
    name = short_name(resource.title)
    context = {
        "resource": resource,
        "scopes": [scope for scope in resource.scopes if scope.tools],
        "name": name,
        "clients": instructions(name, resource.uri, settings.PUBLIC_URL, tool_to_try()),
        "is_public": settings.PUBLIC_URL.startswith("https://"),
    }
    return render(request, "home.html", context)


def tool_to_try() -> str:
    """Name of a tool that needs no arguments and nothing elsewhere, and changes nothing; else of any; else a word."""
    tools = registry().tools
    for name, tool in tools.items():
        hints = tool.wire.annotations
        reaches_out = hints is not None and hints.open_world_hint
        if tool.effect == "read" and not reaches_out and not tool.wire.input_schema.get("required"):
            return name
    return next(iter(tools), "NAME")
