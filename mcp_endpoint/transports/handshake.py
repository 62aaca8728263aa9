"""Begins a session: what Streamable HTTP of 2025 and HTTP+SSE share (MCP 2025-11-25 basic/lifecycle)."""

from typing import Any

from mcp_endpoint.conf import conf
from mcp_endpoint.entrance.gate import Call
from mcp_endpoint.exchange import Exchange
from mcp_endpoint.sdk import Connection, modern_error_data, serve_one
from mcp_endpoint.state.in_flight import at_limit
from mcp_endpoint.state.sessions import SessionLimitError, SessionRecord, sessions
from mcp_endpoint.wire import failure, success


async def initialize(call: Call, message: dict[str, Any]) -> tuple[dict[str, Any], SessionRecord | None]:
    """Serve `initialize`: the response, and what a session would keep of it unless it failed."""
    exchange = Exchange(
        call.endpoint,
        call.principal,
        request_id=message["id"],
        params=message.get("params"),
        version="",
        push=lambda _: None,
    )
    connection = Connection.for_loop(None)  # type: ignore[arg-type]  # nothing can be sent before the handshake ends
    try:
        result = await serve_one(
            call.server,
            exchange,
            "initialize",
            message.get("params"),
            connection=connection,
            lifespan_state=None,
        )
    except Exception as raised:
        error = modern_error_data(raised)
        return failure(message["id"], error.code, error.message, error.data), None
    client = connection.client_params
    assert client is not None  # noqa: S101  (a handshake that succeeded has recorded it)
    session = SessionRecord(
        owner=call.principal.owner,
        endpoint=call.endpoint.name,
        protocol_version=connection.protocol_version,
        client_info=client.client_info.model_dump(by_alias=True, exclude_none=True),
        capabilities=client.capabilities.model_dump(by_alias=True, exclude_none=True),
    )
    return success(message["id"], result), session


async def store(session: SessionRecord) -> None:
    """Keep a new session; raises `HttpError` 429 or 503 when there is no room."""
    try:
        await sessions().create(session)
    except SessionLimitError as error:
        limits = conf().limits
        most = limits.sessions_per_user if error.per_user else limits.sessions
        raise at_limit("sessions", most, b"60", per_user=error.per_user) from None
