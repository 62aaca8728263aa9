"""Bytes on the wire: JSON, JSON-RPC envelopes, event-stream frames, request bodies and whole responses."""

import json
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from typing import Any, TypeGuard

import orjson
from mcp_types import INTERNAL_ERROR, INVALID_REQUEST, PARSE_ERROR

from mcp_endpoint.errors import HttpError

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Headers = Sequence[tuple[bytes, bytes]]
RequestId = str | int

JSON_HEADERS: Headers = ((b"content-type", b"application/json"), (b"cache-control", b"no-store"))
SSE_HEADERS: Headers = (
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-cache, no-store"),
    (b"x-accel-buffering", b"no"),
)
KEEP_ALIVE = b": keep-alive\r\n\r\n"
RETRY = 1000
"""Milliseconds after which a client should come back to a stream that this server ended."""
COME_AGAIN = f"retry: {RETRY}\r\n\r\n".encode()


def encode(message: Any) -> bytes:
    """Compact JSON; falls back to the standard library for depths that the fast encoder refuses."""
    try:
        return orjson.dumps(message)
    except TypeError:
        return json.dumps(message, separators=(",", ":")).encode()


def encode_answer(request_id: RequestId, envelope: Any) -> bytes:
    """A JSON-RPC response as JSON; an error instead when its result is nested too deep to be written."""
    try:
        return encode(envelope)
    except RecursionError:
        return encode(failure(request_id, INTERNAL_ERROR, "The result is nested too deep"))


def decode(body: bytes) -> Any:
    """Parse a request body; raises `HttpError` 400 with JSON-RPC's parse error."""
    try:
        return orjson.loads(body)
    except ValueError as error:
        raise HttpError(400, PARSE_ERROR, "Parse error: the body is not JSON") from error


def success(request_id: RequestId, result: Mapping[str, Any]) -> dict[str, Any]:
    """A JSON-RPC response."""
    return {"jsonrpc": "2.0", "id": request_id, "result": result}


def failure(request_id: RequestId | None, code: int, message: str, data: Any = None) -> dict[str, Any]:
    """A JSON-RPC error; the id is left out where the request's could not be read (MCP schema: never null)."""
    error: dict[str, Any] = {"code": code, "message": message}
    if data is not None:
        error["data"] = data
    envelope: dict[str, Any] = {"jsonrpc": "2.0", "error": error}
    return envelope if request_id is None else {"jsonrpc": "2.0", "id": request_id, "error": error}


def is_request_id(value: object) -> TypeGuard[RequestId]:
    """Whether a value can be a JSON-RPC id in MCP: a string or an integer."""
    return isinstance(value, str | int) and not isinstance(value, bool)


def readable_id(message: Any) -> RequestId | None:
    """The id of a message that may be malformed, to echo in its error."""
    value = message.get("id") if isinstance(message, dict) else None
    return value if is_request_id(value) else None


def check_envelope(message: Any) -> dict[str, Any]:
    """The message when it is one JSON-RPC 2.0 object; raises `HttpError` 400."""
    if isinstance(message, dict) and message.get("jsonrpc") == "2.0":
        method, params = message.get("method"), message.get("params")
        named = isinstance(method, str) and (params is None or isinstance(params, dict))
        answers = method is None and ("result" in message) != ("error" in message)
        if (named or answers) and ("id" not in message or is_request_id(message["id"])):
            return message
    raise HttpError(400, INVALID_REQUEST, "Invalid request: not a JSON-RPC 2.0 message")


def frame(data: bytes, event_id: str | None = None, event: str = "message") -> bytes:
    """One event of an event stream."""
    number = b"id: " + event_id.encode() + b"\r\n" if event_id is not None else b""
    return number + b"event: " + event.encode() + b"\r\ndata: " + data + b"\r\n\r\n"


def priming_frame(event_id: str) -> bytes:
    """An empty event: an id to resume from, and after how many milliseconds (MCP 2025-11-25 basic/transports)."""
    return f"id: {event_id}\r\nretry: {RETRY}\r\ndata: \r\n\r\n".encode()


async def read_body(receive: Receive, limit: int) -> bytes:
    """The whole request body; raises `HttpError` 413 beyond `limit` bytes and ConnectionError when the client left."""
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ConnectionError("the client left before its request was whole")
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > limit:
            raise HttpError(413, INVALID_REQUEST, f"The request body is larger than {limit} bytes")
        chunks.append(chunk)
        if not message.get("more_body"):
            return chunks[0] if len(chunks) == 1 else b"".join(chunks)


async def respond(send: Send, status: int, body: bytes = b"", headers: Headers = JSON_HEADERS) -> None:
    """Send a whole response. One of status 204 has no Content-Length (RFC 9110 §8.6)."""
    length = [] if status == 204 else [(b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": [*headers, *length]})
    await send({"type": "http.response.body", "body": body})


async def respond_error(send: Send, error: HttpError, request_id: RequestId | None = None) -> None:
    """Send an `HttpError` as a JSON-RPC error."""
    body = encode(failure(request_id, error.code, error.message, error.data))
    await respond(send, error.status, body, (*JSON_HEADERS, *error.headers))


async def start_stream(send: Send, headers: Headers = ()) -> None:
    """Begin an event stream. The empty body makes Daphne send the headers at once."""
    await send({"type": "http.response.start", "status": 200, "headers": [*SSE_HEADERS, *headers]})
    await send({"type": "http.response.body", "body": b"", "more_body": True})


async def send_chunk(send: Send, data: bytes) -> None:
    """Send a part of a begun stream."""
    await send({"type": "http.response.body", "body": data, "more_body": True})


async def end_stream(send: Send, *, come_again: bool = False) -> None:
    """End a begun stream; `come_again` tells its client when to (HTML §9.2.6, `retry`)."""
    if come_again:
        await send_chunk(send, COME_AGAIN)
    await send({"type": "http.response.body", "body": b""})
