"""What a call leaves in the ledger: outcome, sizes, origin and arguments, in every era."""

import asyncio
import json
import time
from typing import Any

import mcp_types as types
import pytest
from django.db import OperationalError
from pydantic import BaseModel
from pytest_django import Settings

from mcp_endpoint import Context, ToolError, scope, tool
from mcp_endpoint import ledger as ledger_module
from mcp_endpoint import patience as patience_module
from mcp_endpoint.ledger.records import LONGEST_ARGUMENTS
from mcp_endpoint.sdk import MCPError
from oauth_bridge.signals import access_ended
from tests.mcp_endpoint.conftest import Site
from tests.mcp_endpoint.driver import Json, eventually
from tests.mcp_endpoint.eras import notification, request
from tests.mcp_endpoint.ledger.conftest import Book


class Name(BaseModel):
    name: str


@pytest.fixture
def running() -> asyncio.Event:
    """Set when the tool `wait` runs."""
    started = asyncio.Event()

    @tool()
    async def wait(ctx: Context) -> str:
        ctx.progress(1)
        started.set()
        await asyncio.Event().wait()
        return ""

    return started


@pytest.fixture
def tools(kept: Site) -> Site:
    """A site with tools that end in each way."""
    scope("rare", "Something rare", default=False)

    @tool()
    async def greet(name: str) -> str:
        return f"Hello, {name}"

    @tool()
    async def refuse() -> str:
        raise ToolError("Closed.")

    @tool()
    async def crash() -> str:
        raise ZeroDivisionError("secret")

    @tool()
    async def object_to() -> str:
        raise MCPError(-32000, "No")

    @tool(scope="rare")
    async def rare() -> str:
        return ""

    @tool()
    async def ask(ctx: Context) -> str:
        await ctx.elicit("Who?", Name)
        return ""

    return kept


CASES: list[tuple[str, Json, str, str]] = [
    ("greet", {"name": "Ada"}, "ok", ""),
    ("greet", {}, "bad_arguments", ""),
    ("refuse", {}, "tool_error", "ToolError"),
    ("crash", {}, "crashed", "ZeroDivisionError"),
    ("object_to", {}, "protocol_error", "-32000"),
    ("nonsense", {}, "protocol_error", "-32602"),
    ("rare", {}, "refused", "rare"),
]
cases = pytest.mark.parametrize(("name", "arguments", "outcome", "error"), CASES)


def seen(book: Book) -> tuple[str, str, str, str]:
    row = book.only
    return row.tool, row.outcome, row.error, row.era


class TestAnOutcomeIsKept:
    @cases
    async def test_of_a_2026_request(
        self, tools: Site, book: Book, name: str, arguments: Json, outcome: str, error: str
    ) -> None:
        await tools.client().call(name, arguments)
        assert seen(book) == (name, outcome, error, "2026-07-28")

    @cases
    async def test_of_a_session(
        self, tools: Site, book: Book, name: str, arguments: Json, outcome: str, error: str
    ) -> None:
        session = await tools.session()
        await session.call(name, arguments)
        assert seen(book) == (name, outcome, error, "2025")

    @cases
    async def test_of_http_with_sse(
        self, tools: Site, book: Book, name: str, arguments: Json, outcome: str, error: str
    ) -> None:
        client = tools.client()
        stream = client.send("GET", path="/sse")
        query = (await stream.event()).data.partition("?")[2]
        body = request("tools/call", {"name": name, "arguments": arguments}, 7)
        await client.post(body, path="/messages/", query=query)
        await eventually(lambda: book.rows)
        assert seen(book) == (name, outcome, error, "2024-11-05")
        stream.leave()
        await stream.over()

    async def test_of_each_member_of_a_batch(self, tools: Site, book: Book) -> None:
        session = await tools.session(version="2025-03-26")
        batch = [
            request("tools/call", {"name": name, "arguments": arguments}, number)
            for number, (name, arguments, _, _) in enumerate(CASES)
        ]
        await session.post(batch)
        ledger_module.stop()
        rows = sorted(book.rows, key=lambda row: int(row.request_id))
        assert [(row.tool, row.outcome) for row in rows] == [(name, outcome) for name, _, outcome, _ in CASES]
        assert [row.request_bytes for row in rows] == [len(json.dumps(each, separators=(",", ":"))) for each in batch]

    async def test_of_a_call_that_asks_first(self, tools: Site, book: Book) -> None:
        await tools.client().call("ask", capabilities={"elicitation": {"form": {}}})
        assert book.only.outcome == "asked"

    async def test_of_a_result_that_says_it_is_an_error(self, kept: Site, book: Book) -> None:
        @tool()
        async def fail() -> types.CallToolResult:
            return types.CallToolResult(content=[], is_error=True)

        await kept.client().call("fail")
        assert book.only.outcome == "tool_error"

    async def test_of_a_call_without_a_name(self, tools: Site, book: Book) -> None:
        await (await tools.session()).ask("tools/call", {})
        assert (book.only.tool, book.only.outcome) == ("", "protocol_error")


class TestACallThatIsCutShort:
    async def test_because_the_client_cancels_it(self, kept: Site, book: Book, running: asyncio.Event) -> None:
        session = await kept.session()
        conversation = session.open_call("wait", id=9)
        await running.wait()
        await session.post(notification("notifications/cancelled", {"requestId": 9}))
        await conversation.answer()
        assert (book.only.outcome, book.only.answer_bytes, book.only.request_id) == ("cancelled", 0, "9")

    async def test_because_the_client_leaves(
        self, kept: Site, book: Book, running: asyncio.Event, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(patience_module, "SOON", 0)
        conversation = kept.client().open_modern("tools/call", {"name": "wait"})
        await running.wait()
        conversation.leave()
        await conversation.over()
        assert (book.only.outcome, book.only.error) == ("cancelled", "left")

    async def test_because_access_ends_in_a_session(self, kept: Site, book: Book, running: asyncio.Event) -> None:
        conversation = (await kept.session()).open_call("wait")
        await running.wait()
        access_ended.send(sender=None, connection_ids=frozenset({1}))
        await conversation.answer()
        assert book.only.outcome == "access_ended"

    async def test_because_access_ends_in_2026(self, kept: Site, book: Book, running: asyncio.Event) -> None:
        conversation = kept.client().open_modern("tools/call", {"name": "wait"})
        await running.wait()
        access_ended.send(sender=None, connection_ids=frozenset({1}))
        await conversation.answer()
        assert (book.only.outcome, book.only.error) == ("access_ended", "revoked")

    async def test_because_the_server_stops(self, kept: Site, book: Book, running: asyncio.Event) -> None:
        conversation = (await kept.session()).open_call("wait")
        await running.wait()
        assert (book.only.outcome, book.only.error) == ("cancelled", "The server stopped")
        access_ended.send(sender=None, connection_ids=frozenset({1}))
        await conversation.answer()
        ledger_module.stop()
        assert len(book.rows) == 1


class TestWhoAndWhat:
    async def test_the_caller(self, tools: Site, book: Book) -> None:
        await tools.client("bob").call("greet", {"name": "Ada"})
        row = book.only
        assert (row.user_id, row.user_name, row.connection_id) == (2, "bob", 2)
        assert (row.client_id, row.client_name, row.endpoint) == ("client", "Tests", "default")

    async def test_the_sizes(self, tools: Site, book: Book) -> None:
        session = await tools.session()
        body = json.dumps(request("tools/call", {"name": "greet", "arguments": {"name": "Ada"}}, 5)).encode()
        answer = await session.post(body)
        assert (book.only.request_bytes, book.only.answer_bytes) == (len(body), len(answer.body))

    async def test_the_time(self, tools: Site, book: Book) -> None:
        before = time.time()
        await tools.client().call("greet", {"name": "Ada"})
        assert before <= book.only.called_at <= time.time()
        assert 0 < book.only.duration_ms <= (time.time() - before) * 1000

    async def test_the_id_of_the_request(self, tools: Site, book: Book) -> None:
        await tools.client().call("greet", {"name": "Ada"}, id="a-1")
        assert book.only.request_id == "a-1"

    async def test_every_hop_that_proxies_wrote(self, tools: Site, book: Book) -> None:
        await tools.client().call("greet", {"name": "Ada"}, headers={"x-forwarded-for": "192.0.2.1, 192.0.2.2"})
        assert book.only.forwarded == "192.0.2.1, 192.0.2.2"


class TestArguments:
    async def test_are_known_by_their_names_alone(self, tools: Site, book: Book) -> None:
        await tools.client().call("greet", {"name": "Ada"})
        assert book.only.arguments == '["name"]'

    async def test_leave_names_out_that_the_tool_does_not_have(self, tools: Site, book: Book) -> None:
        await tools.client().call("greet", {"my-password-is-7f3a": 1})
        assert book.only.arguments == "[]"

    async def test_are_kept_where_the_tool_allows_it(self, kept: Site, book: Book) -> None:
        @tool(ledger_arguments=True)
        async def forecast(city: str) -> str:
            return city

        await kept.client().call("forecast", {"city": "Bern"})
        assert json.loads(book.only.arguments) == {"city": "Bern"}

    async def test_that_are_long_are_known_by_their_names_again(self, kept: Site, book: Book) -> None:
        @tool(ledger_arguments=True)
        async def forecast(city: str) -> str:
            return ""

        await kept.client().call("forecast", {"city": "x" * LONGEST_ARGUMENTS})
        assert book.only.arguments == '["city"]'

    async def test_of_a_refused_call_are_no_different(self, tools: Site, book: Book) -> None:
        await tools.client().call("rare", {"name": "Ada"})
        assert book.only.arguments == "[]"


class TestNothingIsKept:
    async def test_of_other_methods(self, tools: Site, book: Book) -> None:
        await tools.client().modern("tools/list")
        await (await tools.session()).ask("tools/list")
        ledger_module.stop()
        assert book.rows == []

    async def test_where_it_is_switched_off(self, tools: Site, book: Book, settings: Settings) -> None:
        settings.MCP_LEDGER = "off"
        await tools.client().call("greet", {"name": "Ada"})
        ledger_module.stop()
        assert book.rows == []


class TestStrict:
    @pytest.fixture(autouse=True)
    def _strict(self, book: Book, settings: Settings) -> None:
        settings.MCP_LEDGER = "strict"

    @pytest.mark.parametrize("era", ["2026-07-28", "2025"])
    async def test_no_call_is_answered_before_its_row_is_written(self, tools: Site, book: Book, era: str) -> None:
        client = tools.client()
        answer = await (client if era == "2026-07-28" else await client.session()).call("greet", {"name": "Ada"})
        assert answer.result["content"][0]["text"] == "Hello, Ada"
        assert [row.outcome for row in book.rows] == ["ok"]

    async def test_no_call_is_refused_before_its_row_is_written(self, tools: Site, book: Book) -> None:
        assert (await tools.client().call("rare")).status == 403
        assert [row.outcome for row in book.rows] == ["refused"]

    @pytest.mark.parametrize("era", ["2026-07-28", "2025"])
    async def test_the_result_of_a_call_that_cannot_be_written_is_withheld(
        self, tools: Site, book: Book, era: str
    ) -> None:
        def away(rows: Any) -> None:
            raise OperationalError("no server")

        book.trouble = away
        client = tools.client()
        answer = await (client if era == "2026-07-28" else await client.session()).call("greet", {"name": "Ada"}, id=3)
        assert answer.json["id"] == 3
        assert "could not be recorded" in answer.error["message"]
        assert "Ada" not in answer.body.decode()
