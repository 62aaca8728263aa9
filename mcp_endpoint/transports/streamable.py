"""Streamable HTTP at an Endpoint's path: reads the request and hands it to the era that it speaks."""

from functools import lru_cache
from typing import Any

from mcp_types import INVALID_REQUEST
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS

from mcp_endpoint.entrance.gate import Call
from mcp_endpoint.errors import HttpError
from mcp_endpoint.transports import legacy, modern
from mcp_endpoint.wire import check_envelope, decode, readable_id


async def serve(call: Call) -> None:
    """Answer one HTTP request to an Endpoint."""
    method = call.scope["method"]
    if method == "POST":
        return await _post(call)
    if method not in ("GET", "DELETE") or not _is_legacy_header(call):
        # The 2026 era has neither (basic/transports/streamable-http): it never asks for a stream it did not open.
        raise HttpError(405, INVALID_REQUEST, f"{method} is not allowed here", ((b"allow", _allowed(call)),))
    if method == "DELETE":
        return await legacy.delete(call)
    _require_accept(call, "text/event-stream")
    await legacy.get(call)


async def _post(call: Call) -> None:
    _require_json(call)
    _require_accept(call, "application/json", "text/event-stream")
    parsed = decode(await call.body())
    if isinstance(parsed, list):
        if not _is_legacy_header(call):
            raise HttpError(400, INVALID_REQUEST, "Invalid request: this protocol version has no batches")
        return await legacy.post_batch(call, parsed)
    call.request_id = readable_id(parsed)
    message = check_envelope(parsed)
    if _is_modern(call, message):
        if "method" not in message:
            raise HttpError(400, INVALID_REQUEST, "Invalid request: clients send no responses in this version")
        return await modern.serve(call, message)
    await legacy.post(call, message)


def _is_legacy_header(call: Call) -> bool:
    return call.header(b"mcp-protocol-version") in (None, *HANDSHAKE_PROTOCOL_VERSIONS)


def _is_modern(call: Call, message: dict[str, Any]) -> bool:
    """The era of a message (MCP 2026-07-28 basic/versioning): its envelope, or a header that 2025 does not know."""
    return modern.names_version(message) or not _is_legacy_header(call)


def _allowed(call: Call) -> bytes:
    return b"GET, POST, DELETE, OPTIONS" if _is_legacy_header(call) else b"POST, OPTIONS"


def _require_json(call: Call) -> None:
    if not _is_json(call.headers.get(b"content-type", b"")):
        raise HttpError(415, INVALID_REQUEST, "The Content-Type must be application/json")


def _require_accept(call: Call, *types: str) -> None:
    """Raise `HttpError` 406 unless the client takes all of these media types. A missing Accept takes anything."""
    if not _takes(call.headers.get(b"accept", b"*/*"), types):
        raise HttpError(406, INVALID_REQUEST, f"The client must accept {' and '.join(types)}")


@lru_cache(maxsize=256)
def _is_json(content_type: bytes) -> bool:
    return content_type.decode("latin-1").partition(";")[0].strip().lower() == "application/json"


@lru_cache(maxsize=256)
def _takes(accept: bytes, types: tuple[str, ...]) -> bool:
    taken = {part.partition(";")[0].strip().lower() for part in accept.decode("latin-1").split(",")}
    return all(taken & {media_type, media_type.partition("/")[0] + "/*", "*/*"} for media_type in types)
