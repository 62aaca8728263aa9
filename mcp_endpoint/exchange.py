"""One request being served: the dispatch context that the SDK's `serve_one` runs a method under."""

import asyncio
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, cast

import anyio
from mcp_types import INTERNAL_ERROR, LOG_LEVEL_META_KEY, ClientCapabilities

from mcp_endpoint.sdk import (
    CallOptions,
    MCPError,
    NoBackChannelError,
    ServerMessageMetadata,
    ServerRequestContext,
    TransportContext,
)
from mcp_endpoint.state.calls import calls
from mcp_endpoint.state.sessions import SessionRecord
from mcp_endpoint.wire import RequestId, encode
from oauth_bridge.principal import Principal

if TYPE_CHECKING:
    from mcp_endpoint.endpoints import Endpoint
    from mcp_endpoint.ledger import Record
    from mcp_endpoint.models import ToolCall
    from mcp_endpoint.state.in_flight import Place

Ctx = ServerRequestContext[Any, Any]

LOG_LEVELS = ("debug", "info", "notice", "warning", "error", "critical", "alert", "emergency")
ONE_WAY = TransportContext(kind="streamable-http", can_send_request=False)
TWO_WAY = TransportContext(kind="streamable-http", can_send_request=True)


class Exchange:
    """Who asks what of which Endpoint, and the way back to them while the answer is made."""

    def __init__(
        self,
        endpoint: "Endpoint",
        principal: Principal,
        *,
        request_id: RequestId,
        params: Mapping[str, Any] | None,
        version: str,
        push: Callable[[bytes], None],
        session: SessionRecord | None = None,
        modern: bool = False,
        close: Callable[[], None] = lambda: None,
        headers: Mapping[str, str] | None = None,
        record: "Record | None" = None,
        place: "Place | None" = None,
    ) -> None:
        self.endpoint = endpoint
        self.principal = principal
        self.request_id = request_id
        self.protocol_version = version
        self.session = session
        self.modern = modern
        self.close = close
        self.headers = headers
        self.record = record
        self.place = place
        self.capabilities: ClientCapabilities | None = None
        self.result: Any = None
        """What the tool answered, when it has run already and the SDK is to bring it into shape."""
        self.can_send_request = session is not None and not modern
        self.transport = TWO_WAY if self.can_send_request else ONE_WAY
        meta = (params or {}).get("_meta")
        self._meta: Mapping[str, Any] = meta if isinstance(meta, dict) else {}
        self._push = push
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()
        self._cancel_requested: anyio.Event | None = None

    @property
    def message_metadata(self) -> ServerMessageMetadata:
        """Where `exchange_of` finds this again. The SDK asks for it once; kept, the two would hold each other."""
        return ServerMessageMetadata(request_context=self)

    @property
    def cancel_requested(self) -> anyio.Event:
        """Never set: a cancelled request is a cancelled task here. The SDK asks that it exists."""
        if self._cancel_requested is None:
            self._cancel_requested = anyio.Event()
        return self._cancel_requested

    def note(self, outcome: "ToolCall.Outcome", error: str = "") -> None:
        """Tell the ledger, where it is kept, what came of the tool call."""
        if self.record is not None:
            self.record.note(outcome, error)

    def emit(self, method: str, params: Mapping[str, Any] | None) -> None:
        """Send a notification on this request's response, from any thread."""
        message: dict[str, Any] = {"jsonrpc": "2.0", "method": method}
        if params is not None:
            message["params"] = params
        self.on_loop(self._push, encode(message))

    def on_loop(self, function: Callable[..., object], *args: Any) -> None:
        """Call on the event loop: at once when there already, else soon and in order."""
        if threading.get_ident() == self._thread:
            function(*args)
        else:
            self._loop.call_soon_threadsafe(function, *args)

    def run_on_loop(self, coroutine: Any) -> Future[Any]:
        """From another thread: run a coroutine on the event loop; its result is the future's."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop)

    def report_progress(self, progress: float, total: float | None, message: str | None) -> None:
        """Send progress when the request carried a token for it."""
        token = self._meta.get("progressToken")
        if token is None:
            return
        params: dict[str, Any] = {"progressToken": token, "progress": progress}
        if total is not None:
            params["total"] = total
        if message is not None:
            params["message"] = message
        self.emit("notifications/progress", params)

    def wants_log(self, level: str) -> bool:
        """Whether the client asked for log messages of this level: per request in 2026-07-28, per session before."""
        if self.modern:
            threshold = self._meta.get(LOG_LEVEL_META_KEY)
        else:
            threshold = self.session.log_level if self.session else LOG_LEVELS[0]
        return threshold in LOG_LEVELS and LOG_LEVELS.index(level) >= LOG_LEVELS.index(threshold)

    async def notify(self, method: str, params: Mapping[str, Any] | None, opts: CallOptions | None = None) -> None:
        self.emit(method, params)

    async def progress(self, progress: float, total: float | None = None, message: str | None = None) -> None:
        self.report_progress(progress, total, message)

    async def send_raw_request(
        self, method: str, params: Mapping[str, Any] | None, opts: CallOptions | None = None
    ) -> dict[str, Any]:
        """Ask the client something and return its result; 2025 sessions only.

        Raises `MCPError` with the client's error or when no answer comes in time, `NoBackChannelError` elsewhere.
        """
        if self.session is None or not self.can_send_request:
            raise NoBackChannelError(method)
        board = calls()
        question_id, future = board.open_question(self.session.id)
        message = {"jsonrpc": "2.0", "id": question_id, "method": method, "params": dict(params or {})}
        self._push(encode(message))
        try:
            answer = await board.wait(self.session.id, question_id, future)
        except TimeoutError:
            raise MCPError(INTERNAL_ERROR, f"The client did not answer {method} in time") from None
        if (error := answer.get("error")) is not None:
            error = error if isinstance(error, dict) else {}
            code = error.get("code")
            raise MCPError(code if isinstance(code, int) else INTERNAL_ERROR, str(error.get("message", "Error")))
        result = answer.get("result")
        return result if isinstance(result, dict) else {}


def exchange_of(ctx: Ctx) -> Exchange:
    """The exchange that an SDK handler is called for."""
    return cast(Exchange, ctx.request)
