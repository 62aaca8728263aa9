"""The common entrance of all transports: guard, preflight, authentication, and one shape for every refusal."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from mcp_types import INTERNAL_ERROR

from mcp_endpoint import guard
from mcp_endpoint.bearer import authenticate
from mcp_endpoint.endpoints import Endpoint
from mcp_endpoint.errors import HttpError
from mcp_endpoint.server import EndpointServer
from mcp_endpoint.wire import Headers, Receive, RequestId, Scope, Send, respond, respond_error
from oauth_bridge.principal import Principal

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Call:
    """One HTTP request that passed the gate."""

    scope: Scope
    receive: Receive
    send: Send
    headers: dict[bytes, bytes]
    endpoint: Endpoint
    server: EndpointServer
    principal: Principal
    request_id: RequestId | None = None
    """Set as soon as it is read, so that a refusal can echo it."""

    def header(self, name: bytes) -> str | None:
        """A request header as text, without the white space around it (RFC 9110 §5.5)."""
        value = self.headers.get(name)
        return None if value is None else value.decode("latin-1").strip()


Transport = Callable[[Call], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


def gate(endpoint: Endpoint, server: EndpointServer, transport: Transport) -> Application:
    """The ASGI application that lets authenticated calls through to a transport."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        headers: dict[bytes, bytes] = dict(scope["headers"])
        call: Call | None = None
        try:
            guard.check_host(headers)
            origin = guard.check_origin(headers)
        except HttpError as error:
            return await respond_error(send, error)
        cors = guard.cors_headers(origin)
        if cors:
            send = _with_headers(send, cors)
        if scope["method"] == "OPTIONS":
            return await respond(send, 204, headers=guard.preflight_headers(headers))
        try:
            principal = await authenticate(headers, endpoint)
            call = Call(scope, receive, send, headers, endpoint, server, principal)
            await transport(call)
        except HttpError as error:
            await respond_error(send, error, call.request_id if call else None)
        except ConnectionError:
            logger.debug("client left during %s %s", scope["method"], scope["path"])
        except Exception:
            logger.exception("%s %s failed", scope["method"], scope["path"])
            await respond_error(send, HttpError(500, INTERNAL_ERROR, "Internal error"))

    return application


def _with_headers(send: Send, headers: Headers) -> Send:
    async def send_with_headers(message: dict[str, object]) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message["headers"], *headers]}  # type: ignore[misc]  # ASGI's own shape
        await send(message)

    return send_with_headers
