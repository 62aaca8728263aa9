"""The protocol paths of this site's Endpoints, for Channels' URLRouter. None of them redirects."""

from typing import Any, cast

from django.urls import URLPattern, re_path

from mcp_endpoint import sse, streamable
from mcp_endpoint.endpoints import SSE_PATH, endpoints
from mcp_endpoint.gate import Application, gate
from mcp_endpoint.server import make_server


def routes() -> list[URLPattern]:
    """Each Endpoint's path with and without a slash, and the 2024 transport of the default one."""
    found = []
    for endpoint in endpoints():
        server = make_server(endpoint)
        found.append(_route(f"{endpoint.path}/?", gate(endpoint, server, streamable.serve)))
        if endpoint is endpoints()[0]:
            found.append(_route(f"{SSE_PATH}/?", gate(endpoint, server, sse.open_stream, SSE_PATH)))
            found.append(_route(f"{sse.MESSAGES_PATH}?", gate(endpoint, server, sse.post_message, SSE_PATH)))
    return found


def _route(path: str, application: Application) -> URLPattern:
    return cast(URLPattern, re_path(f"^{path.removeprefix('/')}$", cast(Any, application)))
