"""The common entrance of all transports: guard, preflight, authentication, and one shape for every refusal."""

import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal

from mcp_types import INTERNAL_ERROR

from mcp_endpoint.conf import conf
from mcp_endpoint.endpoints import Endpoint
from mcp_endpoint.entrance import guard, refusals
from mcp_endpoint.entrance.bearer import authenticate
from mcp_endpoint.entrance.outflow import Outflow, break_off, outflow
from mcp_endpoint.errors import HttpError, unavailable
from mcp_endpoint.server import EndpointServer
from mcp_endpoint.state.in_flight import in_flight
from mcp_endpoint.wire import Headers, Receive, RequestId, Scope, Send, end_stream, read_body, respond, respond_error
from oauth_bridge.away import is_away
from oauth_bridge.principal import Principal

logger = logging.getLogger(__name__)

LONG_BODY_SECONDS = 0.5
"""Most bodies come with their headers."""

Era = Literal["2026-07-28", "2025", "2024-11-05"]


@dataclass(slots=True)
class Call:
    """One HTTP request that passed the gate."""

    scope: Scope
    receive: Receive
    send: Send
    headers: dict[bytes, bytes]
    endpoint: Endpoint
    server: EndpointServer
    path: str
    """Where its client knows the Endpoint from, when that is not the Endpoint's own."""
    principal: Principal
    abort: Callable[[], None]
    """Breaks off the connection of a client that does not read."""
    request_id: RequestId | None = None
    """Set as soon as it is read, so that a refusal can echo it."""
    era: Era = "2025"
    """Set by the transport that finds another."""
    body_bytes: int = 0
    """Size of the body, as soon as it is read."""

    def header(self, name: bytes) -> str | None:
        """A request header as text, without the white space around it (RFC 9110 §5.5)."""
        value = self.headers.get(name)
        return None if value is None else value.decode("latin-1").strip()

    async def body(self) -> bytes:
        """The whole request body; raises `HttpError` 413 beyond `MCP_BODY_LIMIT` bytes, ConnectionError, and 401.

        A client that takes its time with it is let in anew at the end: its access may have ended meanwhile.
        """
        began = time.monotonic()
        body = await read_body(self.receive, conf().body_limit)
        self.body_bytes = len(body)
        if time.monotonic() - began > LONG_BODY_SECONDS:
            await self.check_again()
        return body

    async def check_again(self) -> None:
        """Raise `HttpError` 401 when the caller's access ended since they were let in."""
        self.principal = await authenticate(self.headers, self.endpoint, self.path)


Transport = Callable[[Call], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


def gate(endpoint: Endpoint, server: EndpointServer, transport: Transport, path: str = "") -> Application:
    """The ASGI application that lets authenticated calls through to a transport.

    `path` is where clients of the transport know the Endpoint from, when that is not the Endpoint's own.
    """

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        headers: dict[bytes, bytes] = dict(scope["headers"])
        call: Call | None = None
        answer = _Answer(send)
        send = answer.send
        here = in_flight()
        here.begin(answer)
        try:
            guard.check_host(headers)
            answer.extra = guard.cors_headers(guard.check_origin(headers))
            if scope["method"] == "OPTIONS":
                return await respond(send, 204, headers=guard.preflight_headers(headers))
            principal = await authenticate(headers, endpoint, path)
            call = Call(scope, receive, send, headers, endpoint, server, path, principal, answer.abort)
            await transport(call)
        except HttpError as error:
            refusals.report(error, scope, headers, endpoint, call.principal if call else None)
            if answer.begun:
                return await end_stream(send)
            await respond_error(send, error, call.request_id if call else None)
        except ConnectionError:
            logger.debug("client left during %s %s", scope["method"], scope["path"])
        except Exception as error:
            if away := is_away(error):
                logger.error("%s %s: storage is away (%s)", scope["method"], scope["path"], type(error).__name__)
            else:
                logger.exception("%s %s failed", scope["method"], scope["path"])
            if answer.begun:
                return await end_stream(send)
            refusal = unavailable() if away else HttpError(500, INTERNAL_ERROR, "Internal error")
            await respond_error(send, refusal, call.request_id if call else None)
        finally:
            here.finish(answer)

    return application


class _Answer:
    """The way out of one request: adds what its Origin needs, and knows whether the answer has begun."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._stream: Outflow | None = None
        self.extra: Headers = ()
        self.begun = False

    async def send(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.begun = True
            message["headers"] = [*message["headers"], *self.extra]
        elif message.get("more_body"):
            if self._stream is None:
                self._stream = outflow(self._send)
            return await self._stream.send(message)
        elif self._stream is not None:
            return await self._stream.finish(message)
        await self._send(message)

    def abort(self) -> None:
        """Break off the connection."""
        break_off(self._send)
