"""The protocol paths of this site's Endpoints, beside the pages. None of them redirects."""

from mcp_endpoint.endpoints import SSE_PATH, endpoints
from mcp_endpoint.entrance.gate import Application, gate
from mcp_endpoint.server import make_server
from mcp_endpoint.transports import sse, streamable
from mcp_endpoint.wire import Receive, Scope, Send


def by_path(pages: Application) -> Application:
    """The application of all paths: an Endpoint's where there is one, else `pages`.

    One lookup. Channels' URLRouter would try each pattern and copy the scope, a fortieth of what a call costs.
    """
    here = applications()

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        await here.get(scope["path"], pages)(scope, receive, send)

    return application


def applications() -> dict[str, Application]:
    """By path, with and without a slash: each Endpoint, and the 2024 transport of the default one."""
    found: dict[str, Application] = {}
    for endpoint in endpoints():
        server = make_server(endpoint)
        served = {endpoint.path: gate(endpoint, server, streamable.serve)}
        if endpoint is endpoints()[0]:
            served[SSE_PATH] = gate(endpoint, server, sse.open_stream, SSE_PATH)
            served[sse.MESSAGES_PATH.rstrip("/")] = gate(endpoint, server, sse.post_message, SSE_PATH)
        found |= {f"{path}{end}": each for path, each in served.items() for end in ("", "/")}
    return found
