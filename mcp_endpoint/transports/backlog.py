"""Messages that wait to be sent, where a call is faster than its client or its log."""

from collections import deque

from mcp_endpoint.conf import conf

MAX_PENDING = 1000
"""Messages that may wait for a client that does not read, `MCP_STREAM_BUFFER` bytes of them: then the stream is cut."""


class Backlog:
    """Messages in order. Of those that are too many the newest are kept, as the log of events does."""

    def __init__(self) -> None:
        self._waiting: deque[bytes] = deque()
        self._bytes = 0

    @property
    def is_full(self) -> bool:
        """Whether more wait than a client may leave unread."""
        return len(self._waiting) >= MAX_PENDING or self._bytes > conf().limits.stream_buffer

    def add(self, data: bytes) -> None:
        """Let a message wait. An empty one takes a place as any other."""
        while len(self._waiting) > MAX_PENDING or (self._waiting and self._bytes > 2 * conf().limits.stream_buffer):
            self.take()
        self._waiting.append(data)
        self._bytes += len(data)

    def take(self) -> bytes:
        """The oldest of them."""
        data = self._waiting.popleft()
        self._bytes -= len(data)
        return data

    def __bool__(self) -> bool:
        return bool(self._waiting)
