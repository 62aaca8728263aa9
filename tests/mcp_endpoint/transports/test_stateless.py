"""The 2025 era with `MCP_SESSIONS` switched off: every request stands alone."""

import pytest
from pytest_django import Settings

from mcp_endpoint import Context, tool
from tests.mcp_endpoint.conftest import Site
from tests.mcp_endpoint.eras import notification, request

METHOD_NOT_FOUND = -32601


class TestWithoutSessions:
    @pytest.fixture(autouse=True)
    def switched_off(self, settings: Settings) -> None:
        settings.MCP_SESSIONS = False

    async def test_initialize_gives_none(self, site: Site) -> None:
        answer = await site.client().initialize()
        assert answer.status == 200
        assert "mcp-session-id" not in answer.headers

    async def test_lists_are_not_said_to_change(self, site: Site) -> None:
        capabilities = (await site.client().initialize()).result["capabilities"]
        assert "logging" not in capabilities
        assert capabilities["resources"]["subscribe"] is False
        assert not capabilities["tools"].get("listChanged")

    async def test_calls_work(self, site: Site) -> None:
        @tool()
        async def version(ctx: Context) -> str:
            ctx.info("hello")
            return ctx.protocol_version

        call = request("tools/call", {"name": "version"})
        answer = await site.client().post(call, {"mcp-protocol-version": "2025-06-18"})
        assert [message["method"] for message in answer.messages[:1]] == ["notifications/message"]
        assert answer.messages[1]["result"]["content"][0]["text"] == "2025-06-18"
        assert "mcp-session-id" not in answer.headers

    async def test_a_request_without_a_version_speaks_2025_03_26(self, site: Site) -> None:
        @tool()
        async def version(ctx: Context) -> str:
            return ctx.protocol_version

        answer = await site.client().post(request("tools/call", {"name": "version"}))
        assert answer.result["content"][0]["text"] == "2025-03-26"

    @pytest.mark.parametrize("method", ["GET", "DELETE"])
    async def test_there_is_no_stream_and_nothing_to_delete(self, site: Site, method: str) -> None:
        answer = await site.client().send(method).answer()
        assert (answer.status, answer.headers["allow"]) == (405, "POST, OPTIONS")

    async def test_notifications_and_answers_are_taken(self, site: Site) -> None:
        for message in (notification("notifications/initialized"), {"jsonrpc": "2.0", "id": 1, "result": {}}):
            assert (await site.client().post(message)).status == 202

    @pytest.mark.parametrize("method", ["logging/setLevel", "resources/subscribe", "resources/unsubscribe"])
    async def test_what_needs_a_session_is_unknown(self, site: Site, method: str) -> None:
        answer = await site.client().post(request(method, {"level": "info", "uri": "notes://a"}))
        assert answer.error["code"] == METHOD_NOT_FOUND

    async def test_the_client_cannot_be_asked(self, site: Site) -> None:
        @tool()
        async def ask(ctx: Context) -> str:
            return (await ctx.elicit("Who?", {"type": "object", "properties": {}})).action

        answer = await site.client().post(request("tools/call", {"name": "ask"}))
        assert answer.result["isError"] is True
        assert "capability elicitation" in answer.result["content"][0]["text"]

    async def test_batches_work(self, site: Site) -> None:
        answer = await site.client().post([request("ping"), request("ping", id=2)])
        assert len(answer.json) == 2

    @pytest.mark.parametrize("method", ["logging/setLevel", "resources/subscribe", "resources/unsubscribe"])
    async def test_what_needs_a_session_is_unknown_when_they_were_switched_off_later(
        self, site: Site, settings: Settings, method: str
    ) -> None:
        settings.MCP_SESSIONS = True
        client = site.client()
        settings.MCP_SESSIONS = False
        answer = await client.post(request(method, {"level": "info", "uri": "notes://a"}))
        assert answer.error["code"] == METHOD_NOT_FOUND
