"""Calls that run in this process, so that another request can cancel them or bring them an answer."""

import asyncio
import hmac
import secrets
from typing import Any

from mcp_endpoint.conf import conf
from mcp_endpoint.per_loop import PerLoop
from mcp_endpoint.state.bus import Message, bus
from mcp_endpoint.state.redis_client import RedisAwayError
from mcp_endpoint.wire import RequestId

CallKey = tuple[str, RequestId]


class Calls:
    """Running calls and open questions of one event loop, by session."""

    def __init__(self) -> None:
        self.running: dict[CallKey, asyncio.Task[Any]] = {}
        self._waiting: dict[tuple[str, str], asyncio.Future[dict[str, Any]]] = {}
        self._bus = bus()
        self._bus.subscribe("cancel", self._on_cancel)
        self._bus.subscribe("answer", self._on_answer)
        self._bus.subscribe("session_ended", self._on_session_ended)

    def open_question(self, session_id: str) -> tuple[str, "asyncio.Future[dict[str, Any]]"]:
        """A fresh request id for a question to the client, and where its answer arrives."""
        nonce = secrets.token_urlsafe(9)
        question_id = f"{nonce}.{_seal(session_id, nonce, conf().state_keys[0])}"
        future: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[session_id, question_id] = future
        return question_id, future

    async def wait(self, session_id: str, question_id: str, future: "asyncio.Future[dict[str, Any]]") -> dict[str, Any]:
        """The client's answer, a JSON-RPC response; raises TimeoutError after `MCP_ASK_TIMEOUT` seconds."""
        try:
            async with asyncio.timeout(conf().ask_timeout):
                return await future
        finally:
            self._waiting.pop((session_id, question_id), None)

    async def answer(self, session_id: str, message: dict[str, Any]) -> None:
        """Bring a client's response to whichever process asked. One that nobody asked for is dropped.

        Raises `RedisAwayError` when it cannot be brought there now.
        """
        if self._resolve(session_id, message) or not _was_asked(session_id, str(message.get("id"))):
            return
        if not await self._bus.publish("answer", session=session_id, message=message):
            raise RedisAwayError

    async def cancel(self, session_id: str, request_id: RequestId) -> None:
        """Cancel a call wherever it runs. Raises `RedisAwayError` when no other process can be told."""
        if self._cancel((session_id, request_id)):
            return
        if not await self._bus.publish("cancel", session=session_id, request=request_id):
            raise RedisAwayError

    def _resolve(self, session_id: str, message: dict[str, Any]) -> bool:
        future = self._waiting.get((session_id, str(message.get("id"))))
        if future is None or future.done():
            return False
        future.set_result(message)
        return True

    def _cancel(self, key: CallKey) -> bool:
        task = self.running.get(key)
        if task is None:
            return False
        task.cancel()
        return True

    def _on_answer(self, message: Message) -> None:
        self._resolve(message["session"], message["message"])

    def _on_cancel(self, message: Message) -> None:
        self._cancel((message["session"], message["request"]))

    def _on_session_ended(self, message: Message) -> None:
        for key in [key for key in self.running if key[0] == message["session"]]:
            self._cancel(key)


def _seal(session_id: str, nonce: str, key: bytes) -> str:
    asked = f"question:{session_id}:{nonce}".encode("utf-8", "replace")
    return hmac.new(key, asked, "sha256").hexdigest()[:16]


def _was_asked(session_id: str, question_id: str) -> bool:
    """Whether this site asked this session a question of that id: others are not worth the word of every process."""
    nonce, _, seal = question_id.rpartition(".")
    return any(
        hmac.compare_digest(seal.encode("utf-8", "replace"), _seal(session_id, nonce, key).encode())
        for key in conf().state_keys
    )


calls = PerLoop(Calls)
"""The calls of the running event loop."""
