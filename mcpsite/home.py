"""The home page: what this server is and how to connect a client to it."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from mcpsite.clients import instructions, short_name
from oauth_bridge.resources import protected_resources


def home(request: HttpRequest) -> HttpResponse:
    """The default Endpoint's tools by scope, and instructions with this site's real URL in them."""
    resource = protected_resources()[0]
    name = short_name(resource.title)
    tools = [tool.name for scope in resource.scopes for tool in scope.tools]
    context = {
        "resource": resource,
        "scopes": [scope for scope in resource.scopes if scope.tools],
        "name": name,
        "clients": instructions(name, resource.uri, settings.PUBLIC_URL, tools[0] if tools else "NAME"),
        "is_public": settings.PUBLIC_URL.startswith("https://"),
    }
    return render(request, "home.html", context)
