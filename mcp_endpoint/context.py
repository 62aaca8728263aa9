"""What a tool, resource or prompt function may know and do: the `ctx` parameter."""

import asyncio
import threading
from collections.abc import Coroutine, Mapping
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, TypeVar, cast

import mcp_types as types
from pydantic import BaseModel

from mcp_endpoint import changes, questions
from mcp_endpoint.exchange import LOG_LEVELS, Exchange
from mcp_endpoint.upstream.access import Upstream
from oauth_bridge.principal import Principal

if TYPE_CHECKING:
    from accounts.models import (
        User,
    )  # this module is part of the package's face, which is imported before models

T = TypeVar("T")


class Context:
    """The caller of one request and the way back to them. `progress`, `log` and the change notices are plain calls
    that work in `def` and `async def`; what waits for an answer is awaited, or passed to `wait` in a `def`.
    """

    def __init__(self, exchange: Exchange, rounds: questions.Rounds | None = None) -> None:
        self._exchange = exchange
        self._rounds = rounds or questions.Rounds()
        self._cancelled = threading.Event()
        self._waiting: Future[Any] | None = None

    @property
    def principal(self) -> Principal:
        """The verified caller."""
        return self._exchange.principal

    @property
    def user(self) -> "User":
        """The user that the client acts for."""
        return self.principal.user

    @property
    def client_name(self) -> str:
        """The name that the client gave itself; not verified."""
        return self.principal.client_name

    @property
    def connection_id(self) -> int:
        """Primary key of the Connection."""
        return self.principal.connection_id

    @property
    def scopes(self) -> frozenset[str]:
        """Scopes that were granted."""
        return self.principal.scopes

    @property
    def request_id(self) -> str | int:
        """The JSON-RPC id of this request."""
        return self._exchange.request_id

    @property
    def protocol_version(self) -> str:
        """The MCP version that this request speaks."""
        return self._exchange.protocol_version

    @property
    def state(self) -> dict[str, Any]:
        """JSON values that survive the rounds of one call in the 2026 era, sealed against the client."""
        return self._rounds.state

    @property
    def cancelled(self) -> bool:
        """Whether the client gave this call up; a long `def` should look now and then."""
        return self._cancelled.is_set()

    def cancel(self) -> None:
        """Tell a running `def` that nobody waits for it any more, and end its own waiting: it holds a thread."""
        self._cancelled.set()
        if self._waiting is not None:
            self._waiting.cancel()

    def progress(self, progress: float, total: float | None = None, message: str | None = None) -> None:
        """Report progress; nothing is sent when the client did not ask for it. Each call must report more."""
        self._exchange.report_progress(progress, total, message)

    def log(self, level: str, data: Any, logger: str | None = None) -> None:
        """Send a log message (RFC 5424 levels in lower case) when the client wants that level."""
        if level not in LOG_LEVELS:
            raise ValueError(f"{level!r} is no log level; use one of {', '.join(LOG_LEVELS)}")
        if self._exchange.wants_log(level):
            params = {"level": level, "data": data} | ({"logger": logger} if logger else {})
            self._exchange.emit("notifications/message", params)

    def debug(self, data: Any) -> None:
        """Log at debug."""
        self.log("debug", data)

    def info(self, data: Any) -> None:
        """Log at info."""
        self.log("info", data)

    def warning(self, data: Any) -> None:
        """Log at warning."""
        self.log("warning", data)

    def error(self, data: Any) -> None:
        """Log at error."""
        self.log("error", data)

    def resource_updated(self, uri: str, *, everyone: bool = False) -> None:
        """Tell subscribers that a resource changed: this user's streams, or everyone's."""
        user = None if everyone else self.user.pk
        self._exchange.on_loop(changes.publish_soon, self._exchange.endpoint.name, changes.RESOURCE, uri, user)

    def tools_changed(self) -> None:
        """Tell all clients that the list of tools changed."""
        self._exchange.on_loop(changes.publish_soon, self._exchange.endpoint.name, changes.TOOLS)

    def prompts_changed(self) -> None:
        """Tell all clients that the list of prompts changed."""
        self._exchange.on_loop(changes.publish_soon, self._exchange.endpoint.name, changes.PROMPTS)

    def resources_changed(self) -> None:
        """Tell all clients that the list of resources changed."""
        self._exchange.on_loop(changes.publish_soon, self._exchange.endpoint.name, changes.RESOURCES)

    def can(self, capability: str) -> bool:
        """Whether the client declared `elicitation`, `elicitation.url`, `sampling` or `roots`."""
        return questions.can(self._exchange.capabilities, capability)

    async def ask(self, asked: Mapping[str, questions.Question]) -> dict[str, questions.Answer]:
        """Ask the client several things in one round; answers by key.

        In the 2026 era the function runs anew once the answers are there: what it did before must bear repeating.
        """
        return await questions.ask(self._exchange, self._rounds, asked)

    async def elicit(
        self, message: str, schema: type[BaseModel] | dict[str, Any], key: str = "elicitation"
    ) -> types.ElicitResult:
        """Ask the user to fill in a form. `key` names the question when a function asks more than one."""
        requested = schema if isinstance(schema, dict) else schema.model_json_schema(by_alias=True)
        params = types.ElicitRequestFormParams(message=message, requested_schema=requested)
        return cast(types.ElicitResult, (await self.ask({key: types.ElicitRequest(params=params)}))[key])

    async def elicit_url(self, message: str, url: str, key: str = "url") -> types.ElicitResult:
        """Ask the user to open a page, for anything that must not pass through the client."""
        elicitation_id = None if self._exchange.modern else f"{self.request_id}-{key}"
        params = types.ElicitRequestURLParams(message=message, url=url, elicitation_id=elicitation_id)
        return cast(types.ElicitResult, (await self.ask({key: types.ElicitRequest(params=params)}))[key])

    async def sample(
        self,
        messages: str | list[types.SamplingMessage],
        *,
        max_tokens: int = 1000,
        key: str = "sampling",
        **parameters: Any,
    ) -> types.CreateMessageResult:
        """Ask the client's model; `parameters` are those of MCP's sampling/createMessage."""
        if isinstance(messages, str):
            content = types.TextContent(type="text", text=messages)
            messages = [types.SamplingMessage(role="user", content=content)]
        params = types.CreateMessageRequestParams(messages=messages, max_tokens=max_tokens, **parameters)
        question = types.CreateMessageRequest(params=params)
        return cast(types.CreateMessageResult, (await self.ask({key: question}))[key])

    async def list_roots(self, key: str = "roots") -> types.ListRootsResult:
        """Ask which folders the client works in."""
        return cast(types.ListRootsResult, (await self.ask({key: types.ListRootsRequest()}))[key])

    def upstream(self, provider: str) -> Upstream:
        """The user's linked account at a provider: `async with ctx.upstream("github") as github`, or `with` in a `def`.

        The block gets an HTTP client for that provider's API, which carries the user's token to its host alone.
        A user who has not linked the account is asked to; the function runs anew after that in the 2026 era.
        """
        return Upstream(self._exchange, self._rounds, self.wait, provider)

    def close_stream(self) -> None:
        """End the response stream now; the client resumes it and the call goes on (2025-11-25 sessions)."""
        self._exchange.on_loop(self._exchange.close)

    def wait(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """In a `def` function: run one of the awaitable calls above and return its result.

        Raises `concurrent.futures.CancelledError` when the call itself was cancelled.
        """
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            self._waiting = self._exchange.run_on_loop(coroutine)
            if self._cancelled.is_set():
                self._waiting.cancel()
            return cast(T, self._waiting.result())
        coroutine.close()
        raise RuntimeError("ctx.wait is for `def` functions; in `async def`, await the call itself")
