"""Errors of this room."""

from typing import Any


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
