"""The chaos test's client of the oldest transport."""

import asyncio
import json

import httpx

from tests.clients.wire import Event, Json
from tests.scale.chaos.clients import ACCEPT, PAUSE, Client, messages_of
from tests.scale.chaos.tally import Again, Tally


class Sse(Client):
    """HTTP+SSE of 2024-11-05: all answers come on one stream, whose end is the session's."""

    era = "2024-11-05"

    def __init__(self, http: httpx.AsyncClient, token: str, tally: Tally) -> None:
        super().__init__(http, token, tally)
        self._waiting: dict[object, asyncio.Future[Json | None]] = {}
        """Answers by the request's id; None when the stream breaks before one comes."""
        self._target: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._reader = asyncio.ensure_future(self._read())

    async def close(self) -> None:
        """Leave."""
        self._reader.cancel()
        await asyncio.wait({self._reader})

    async def attempt(self, method: str, params: Json) -> Json:
        target = await asyncio.shield(self._target)
        body = self.request(method, params)
        future = self._waiting[body["id"]] = asyncio.get_running_loop().create_future()
        try:
            await self._post(target, body)
            if (found := await future) is None:
                raise Again("HTTP+SSE: the stream broke")
            return self.result_of(found)
        finally:
            self._waiting.pop(body["id"], None)

    async def _post(self, target: str, message: Json) -> None:
        try:
            async with self._http.stream("POST", target, headers=self._headers, content=json.dumps(message)) as posted:
                if posted.status_code != 202:
                    raise Again(f"HTTP+SSE: {posted.status_code}")
        except httpx.TransportError as error:
            raise Again(type(error).__name__) from error

    async def _read(self) -> None:
        while True:
            try:
                async with self.open("GET", "/sse", {"Accept": "text/event-stream"}) as response:
                    async for event in messages_of(response):
                        await self._take(event)
            except Again:
                pass
            self.tally.reopened += 1
            if self._target.done():
                self._target = asyncio.get_running_loop().create_future()
            for future in self._waiting.values():
                if not future.done():
                    future.set_result(None)
            await asyncio.sleep(PAUSE)

    async def _take(self, event: Event) -> None:
        if event.name == "endpoint":
            await self._begin(event.data)
            return
        message = event.message
        if message.get("method") == "elicitation/create":
            await self._reply(self._target.result(), {"jsonrpc": "2.0", "id": message["id"], "result": ACCEPT})
        elif (future := self._waiting.get(message.get("id"))) is not None and not future.done():
            future.set_result(message)

    async def _reply(self, target: str, answer: Json) -> None:
        """Answer a question, for as long as somebody knows the session."""
        while True:
            try:
                await self._post(target, answer)
                self.tally.asked += 1
                return
            except Again as reason:
                if "404" in f"{reason}":
                    return
                await asyncio.sleep(PAUSE)

    async def _begin(self, target: str) -> None:
        params = {
            "protocolVersion": self.era,
            "capabilities": {"elicitation": {}},
            "clientInfo": {"name": "chaos", "version": "1"},
        }
        await self._post(target, self.request("initialize", params))
        self._target.set_result(target)
