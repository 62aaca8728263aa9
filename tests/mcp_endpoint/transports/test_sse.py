"""HTTP+SSE of 2024-11-05: one stream, and POSTs that are answered on it."""

import asyncio
from dataclasses import dataclass
from typing import Any

import pytest
from pytest_django import Settings

from mcp_endpoint import Context, resource, scope, tool
from mcp_endpoint.state.sessions import sessions
from oauth_bridge.signals import access_ended
from tests.mcp_endpoint.conftest import Site
from tests.mcp_endpoint.driver import Answer, Conversation, Json
from tests.mcp_endpoint.eras import ANYTHING, Client, notification, request

pytestmark = pytest.mark.usefixtures("place")
"""All of it in one process, and on Redis."""

INVALID_REQUEST = -32600


@dataclass
class Line:
    """An open stream and the way to post to it."""

    client: Client
    stream: Conversation
    path: str
    query: str

    async def post(self, body: Any, client: Client | None = None) -> Answer:
        return await (client or self.client).post(body, path=self.path, query=self.query)

    async def ask(self, method: str, params: Json | None = None, id: int = 1) -> Json:
        """A request and its answer on the stream."""
        assert (await self.post(request(method, params, id))).status == 202
        return await self.stream.message()

    async def initialize(self, version: str = "2024-11-05", capabilities: Json | None = None) -> Json:
        params = {
            "protocolVersion": version,
            "capabilities": capabilities or {},
            "clientInfo": {"name": "tests", "version": "1"},
        }
        return await self.ask("initialize", params, 0)

    async def hang_up(self) -> None:
        self.stream.leave()
        await self.stream.over()


async def dial(site: Site, path: str = "/sse") -> Line:
    client = site.client()
    stream = client.send("GET", path=path)
    event = await stream.event()
    assert event.name == "endpoint"
    target, _, query = event.data.partition("?")
    return Line(client, stream, target, query)


class TestTheStream:
    @pytest.mark.parametrize("path", ["/sse", "/sse/"])
    async def test_says_first_where_to_post(self, site: Site, path: str) -> None:
        line = await dial(site, path)
        assert (line.path, line.query[:11]) == ("/messages/", "session_id=")
        await line.hang_up()

    async def test_carries_the_answers(self, site: Site) -> None:
        tool(name="greet")(lambda: "hello")
        line = await dial(site)
        assert (await line.initialize())["result"]["protocolVersion"] == "2024-11-05"
        assert (await line.post(notification("notifications/initialized"))).status == 202
        answer = await line.ask("tools/call", {"name": "greet"}, 7)
        assert (answer["id"], answer["result"]["content"][0]["text"]) == (7, "hello")
        await line.hang_up()

    async def test_carries_what_a_call_sends_on_the_way(self, site: Site) -> None:
        @tool()
        async def talk(ctx: Context) -> str:
            ctx.close_stream()
            ctx.info("one")
            ctx.info("two")
            return "three"

        line = await dial(site)
        await line.initialize()
        messages = [await line.ask("tools/call", {"name": "talk"}), *[await line.stream.message() for _ in range(2)]]
        assert [message.get("params", {}).get("data") for message in messages] == ["one", "two", None]
        await line.hang_up()

    async def test_carries_questions(self, site: Site) -> None:
        @tool()
        async def ask(ctx: Context) -> str:
            return (await ctx.elicit("Well?", {"type": "object", "properties": {}})).action

        line = await dial(site)
        await line.initialize("2025-06-18", ANYTHING)
        question = await line.ask("tools/call", {"name": "ask"})
        await line.post({"jsonrpc": "2.0", "id": question["id"], "result": {"action": "decline"}})
        assert (await line.stream.message())["result"]["content"][0]["text"] == "decline"
        await line.hang_up()

    async def test_carries_change_notices(self, site: Site) -> None:
        resource("notes://{name}")(lambda name: "")

        @tool()
        async def change(ctx: Context) -> str:
            ctx.resource_updated("notes://a")
            return ""

        line = await dial(site)
        await line.initialize()
        await line.ask("resources/subscribe", {"uri": "notes://a"})
        await line.post(request("tools/call", {"name": "change"}, 9))
        messages = [await line.stream.message() for _ in range(2)]
        assert {"notifications/resources/updated"} == {m["method"] for m in messages if "method" in m}
        await line.hang_up()

    async def test_speaks_the_version_that_was_agreed_on(self, site: Site) -> None:
        @tool()
        async def version(ctx: Context) -> str:
            return ctx.protocol_version

        line = await dial(site)
        await line.initialize("2025-06-18")
        answer = await line.ask("tools/call", {"name": "version"})
        assert answer["result"]["content"][0]["text"] == "2025-06-18"
        await line.hang_up()

    async def test_ends_its_session_when_its_client_leaves(self, site: Site) -> None:
        line = await dial(site)
        await line.hang_up()
        assert (await line.post(request("ping"))).status == 404

    async def test_ends_its_calls_when_its_client_leaves(self, site: Site) -> None:
        begun, cancelled = asyncio.Event(), asyncio.Event()

        @tool()
        async def sleep() -> str:
            begun.set()
            try:
                await asyncio.Event().wait()
            finally:
                cancelled.set()
            return ""

        line = await dial(site)
        await line.initialize()
        await line.post(request("tools/call", {"name": "sleep"}))
        await begun.wait()
        await line.hang_up()
        async with asyncio.timeout(30):
            await cancelled.wait()

    async def test_ends_when_access_ends(self, site: Site) -> None:
        line = await dial(site)
        access_ended.send(None, connection_ids=frozenset({1}))
        await line.stream.answer()
        assert (await line.post(request("ping"))).status == 404

    async def test_has_no_other_methods(self, site: Site) -> None:
        answer = await site.client().post({}, path="/sse")
        assert (answer.status, answer.headers["allow"]) == (405, "GET")

    async def test_is_not_there_without_sessions(self, site: Site, settings: Settings) -> None:
        settings.MCP_SESSIONS = False
        assert (await site.client().send("GET", path="/sse").answer()).status == 405

    async def test_is_refused_when_there_is_no_room(self, site: Site, settings: Settings) -> None:
        settings.MCP_MAX_SESSIONS = 0
        assert (await site.client().send("GET", path="/sse").answer()).status == 503

    async def test_needs_a_token(self, site: Site) -> None:
        assert (await site.client(None).send("GET", path="/sse").answer()).status == 401


class TestAPost:
    @pytest.mark.parametrize(
        "query", ["", "session_id=", "session_id=unknown", "session_id", "session_id=%00%ff", "a=b"]
    )
    async def test_to_an_unknown_session_is_404(self, site: Site, query: str) -> None:
        answer = await site.client().post(request("ping"), path="/messages/", query=query)
        assert (answer.status, answer.error["code"]) == (404, INVALID_REQUEST)

    async def test_to_somebody_elses_session_is_404(self, site: Site) -> None:
        line = await dial(site)
        assert (await line.post(request("ping"), site.client("bob"))).status == 404
        await line.hang_up()

    async def test_to_a_session_of_another_endpoint_is_404(self, site: Site, settings: Settings) -> None:
        settings.MCP_ENDPOINTS = {
            "default": {"path": "/mcp", "title": "Site"},
            "admin": {"path": "/admin-mcp", "title": "Admin"},
        }
        client = site.client()
        client.path = "/admin-mcp"
        session = await client.session()
        answer = await client.post(request("ping"), path="/messages/", query=f"session_id={session.id}")
        assert answer.status == 404

    async def test_works_without_the_slash(self, site: Site) -> None:
        line = await dial(site)
        line.path = "/messages"
        assert (await line.initialize())["id"] == 0
        await line.hang_up()

    async def test_that_is_malformed_is_refused_with_its_id(self, site: Site) -> None:
        line = await dial(site)
        answer = await line.post({"id": 7})
        assert (answer.status, answer.json["id"]) == (400, 7)
        await line.hang_up()

    async def test_with_too_little_scope_is_403(self, site: Site) -> None:
        scope("notes", "Notes")
        tool(name="list_notes", scope="notes")(lambda: "")
        line = await dial(site)
        await line.initialize()
        assert (await line.post(request("tools/call", {"name": "list_notes"}))).status == 403
        await line.hang_up()

    async def test_that_initializes_wrongly_is_answered_on_the_stream(self, site: Site) -> None:
        line = await dial(site)
        assert (await line.ask("initialize", {}))["error"]["code"] == -32602
        await line.hang_up()

    async def test_cannot_be_another_method(self, site: Site) -> None:
        answer = await site.client().send("GET", path="/messages/").answer()
        assert (answer.status, answer.headers["allow"]) == (405, "POST")

    async def test_of_an_answer_after_the_stream_ended_leaves_nothing_behind(self, site: Site) -> None:
        """A result that comes when its session is gone has nowhere to go."""
        go_on = asyncio.Event()

        @tool()
        async def stubborn() -> str:
            try:
                await go_on.wait()
            except asyncio.CancelledError:
                return "too late"
            return ""

        line = await dial(site)
        await line.initialize()
        await line.post(request("tools/call", {"name": "stubborn"}))
        session_id = line.query.partition("=")[2]
        await line.hang_up()
        assert await sessions().load(session_id) is None
