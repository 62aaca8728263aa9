"""Errors of this room."""

from typing import Any

from mcp_types import INTERNAL_ERROR

from oauth_bridge.away import RETRY_AFTER


class ToolError(Exception):
    """A failure that the model should read: its text becomes the tool's error result."""


class DeclarationError(Exception):
    """A tools app declared something that cannot be served; the message names the place."""


class HttpError(Exception):
    """An HTTP answer that ends a request before JSON-RPC does: status, JSON-RPC code, message, headers and data."""

    def __init__(
        self,
        status: int,
        code: int,
        message: str,
        headers: tuple[tuple[bytes, bytes], ...] = (),
        data: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers
        self.data = data


def unavailable() -> HttpError:
    """The answer while the database or Redis is away (RFC 9110 §15.6.4)."""
    again = (b"retry-after", b"%d" % RETRY_AFTER)
    return HttpError(503, INTERNAL_ERROR, "This server cannot reach its storage for the moment: try again", (again,))
