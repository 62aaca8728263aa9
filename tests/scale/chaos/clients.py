"""Clients of each era that call again when a call was not answered, and take broken streams up again."""

import asyncio
import json
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from itertools import count
from typing import Any, NoReturn

import httpx

from tests.clients.wire import BOTH, MODERN, PREFIX, Event, Json, async_events, modern_headers
from tests.scale.chaos.tally import Again, Tally

PAUSE = 0.2
"""Seconds before a call is made again."""
ACCEPT: Json = {"action": "accept", "content": {"word": "yes"}}
_names = count(1)


class Client(ABC):
    """One user's client in one era; every request has a connection of its own."""

    era: str

    def __init__(self, http: httpx.AsyncClient, token: str, tally: Tally) -> None:
        self.name = f"{self.era} #{next(_names)}"
        self.tally = tally
        self._http = http
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", "Accept": BOTH}
        self._ids = count(1)

    async def call(self, tool: str, number: int) -> None:
        """Call a tool until it answers, and count what came of it."""
        expected = f"{number} yes" if tool == "confirm" else f"{number}"
        result = await self.insist(lambda: self.attempt("tools/call", {"name": tool, "arguments": {"number": number}}))
        text = result.get("content", [{}])[0].get("text")
        self.tally.answered[self.era] += 1
        if text != expected:
            self.tally.wrong.append(f"{self.name}: {tool}({number}) gave {result}")

    async def insist(self, attempt: Any) -> Json:
        """The outcome of the first attempt that has one."""
        while True:
            try:
                outcome: Json = await attempt()
                return outcome
            except Again as reason:
                self.tally.retried[f"{reason}"] += 1
                await asyncio.sleep(PAUSE)

    @abstractmethod
    async def attempt(self, method: str, params: Json) -> Json:
        """The result of one request; raises Again."""

    def request(self, method: str, params: Json) -> Json:
        """A JSON-RPC request with the next id."""
        return {"jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": params}

    def result_of(self, response: Json) -> Json:
        """Count a response and take its result; raises Again for an error that another attempt may not meet."""
        self.tally.responses[self.name, response["id"]] += 1
        if "error" in response:
            message = response["error"]["message"]
            if "call again" not in message:
                raise AssertionError(f"{self.name}: {response}")
            raise Again(f"error: {message}")
        result: Json = response["result"]
        return result

    @asynccontextmanager
    async def open(
        self, http_method: str, path: str, headers: Mapping[str, str], body: Json | None = None
    ) -> AsyncIterator[httpx.Response]:
        """A response that was let in; raises Again for all that a client may try again."""
        content = None if body is None else json.dumps(body)
        try:
            async with self._http.stream(
                http_method, path, headers={**self._headers, **headers}, content=content
            ) as response:
                if response.status_code >= 400:
                    await self._refused(response)
                yield response
        except httpx.TransportError as error:
            raise Again(type(error).__name__) from error

    async def _refused(self, response: httpx.Response) -> NoReturn:
        text = (await response.aread()).decode()
        if response.status_code == 404:
            self.tally.lost.append(f"{self.name}: {text}")
        if response.status_code == 503:
            raise Again(f"503, Retry-After {response.headers.get('Retry-After')}")
        raise AssertionError(f"{self.name}: {response.status_code} {text}")


class Modern(Client):
    """2026-07-28: a call is one request, or two when the person is asked."""

    era = MODERN

    async def attempt(self, method: str, params: Json) -> Json:
        meta = {f"{PREFIX}protocolVersion": MODERN, f"{PREFIX}clientCapabilities": {"elicitation": {}}}
        while True:
            body = self.request(method, {**params, "_meta": meta})
            headers = {name: value for name, value in modern_headers(body).items() if value is not None}
            async with self.open("POST", "/mcp", headers, body) as response:
                result = self.result_of(await self._answer(response))
            if result["resultType"] != "input_required":
                return result
            self.tally.asked += 1
            answers = dict.fromkeys(result["inputRequests"], ACCEPT)
            params = {**params, "requestState": result["requestState"], "inputResponses": answers}

    async def _answer(self, response: httpx.Response) -> Json:
        async for event in messages_of(response):
            if "result" in event.message or "error" in event.message:
                return event.message
        raise Again("no answer")


class Session(Client):
    """A session of 2025-11-25 or before; `watch` keeps its standing stream open."""

    era = "2025-11-25"

    def __init__(self, http: httpx.AsyncClient, token: str, tally: Tally) -> None:
        super().__init__(http, token, tally)
        self._resumable = self.era == "2025-11-25"

    async def start(self) -> None:
        """Initialize."""
        await self.insist(self._initialize)

    async def attempt(self, method: str, params: Json) -> Json:
        body = self.request(method, params)
        last: str | None = None
        try:
            async with self.open("POST", "/mcp", {}, body) as response:
                async for event in messages_of(response):
                    last = event.id or last
                    if (found := await self._heard(event, body["id"])) is not None:
                        return self.result_of(found)
            raise Again("no answer")
        except Again:
            if last is None:
                raise
        return await self._resume(body["id"], last)

    async def watch(self, uris: list[str]) -> None:
        """Subscribe, then hear of changes until cancelled."""
        for uri in uris:
            await self.insist(lambda uri=uri: self.attempt("resources/subscribe", {"uri": uri}))
        heard: Counter[str] = Counter()
        last: str | None = None
        headers = {"Accept": "text/event-stream"}
        while True:
            try:
                again = {"Last-Event-ID": last} if last is not None else {}
                async with self.open("GET", "/mcp", headers | again) as response:
                    self.tally.heard[self.name] = heard
                    async for event in messages_of(response):
                        last = event.id or last
                        if event.message.get("method") == "notifications/resources/updated":
                            heard[event.message["params"]["uri"]] += 1
            except Again as reason:
                self.tally.retried[f"{reason}, standing stream"] += 1
            self.tally.reopened += 1
            await asyncio.sleep(PAUSE)

    async def _initialize(self) -> Json:
        params = {
            "protocolVersion": self.era,
            "capabilities": {"elicitation": {}},
            "clientInfo": {"name": "chaos", "version": "1"},
        }
        async with self.open("POST", "/mcp", {}, self.request("initialize", params)) as response:
            result: Json = json.loads(await response.aread())["result"]
        self._headers["Mcp-Session-Id"] = response.headers["Mcp-Session-Id"]
        self._headers["MCP-Protocol-Version"] = self.era
        return result

    async def _resume(self, request_id: object, last: str) -> Json:
        """Take up the broken stream of a request wherever somebody serves it."""
        for _ in range(20):
            headers = {"Accept": "text/event-stream", "Last-Event-ID": last}
            try:
                async with self.open("GET", "/mcp", headers) as response:
                    async for event in messages_of(response):
                        last = event.id or last
                        if (found := await self._heard(event, request_id)) is not None:
                            self.tally.resumed += 1
                            return self.result_of(found)
                raise Again("a stream that ended without an answer")
            except Again as reason:
                if "error" in f"{reason}":
                    raise
                self.tally.retried[f"{reason}, resuming"] += 1
                await asyncio.sleep(PAUSE)
        raise Again("a stream that could not be resumed")

    async def _heard(self, event: Event, request_id: object) -> Json | None:
        """The response to the request, when this is it; a question is answered."""
        message = event.message
        if message.get("method") == "elicitation/create":
            reply: Json = {"jsonrpc": "2.0", "id": message["id"], "result": ACCEPT}
            await self.insist(lambda: self._post(reply))
            self.tally.asked += 1
        elif message.get("id") == request_id:
            return message
        return None

    async def _post(self, message: Json) -> Json:
        async with self.open("POST", "/mcp", {}, message):
            return {}


class OldSession(Session):
    """A session of 2025-03-26, whose streams say nothing of where to take them up before their first message."""

    era = "2025-03-26"


async def messages_of(response: httpx.Response) -> AsyncIterator[Event]:
    """What comes in a response, whether it is an event stream or one JSON message."""
    if response.headers["Content-Type"].startswith("text/event-stream"):
        async for event in async_events(response):
            yield event
    elif body := await response.aread():
        yield Event(body.decode())
