"""Streamable HTTP's entrance: methods, media types, bodies, and which era a request is of."""

from typing import Any

import pytest

from mcp_endpoint import tool
from tests.mcp_endpoint.conftest import Site
from tests.mcp_endpoint.driver import open_request
from tests.mcp_endpoint.eras import MODERN, request

PARSE_ERROR, INVALID_REQUEST, INVALID_PARAMS = -32700, -32600, -32602


@pytest.mark.parametrize("path", ["/mcp", "/mcp/"])
async def test_it_answers_with_and_without_a_slash(site: Site, path: str) -> None:
    client = site.client()
    client.path = path
    assert (await client.modern("tools/list")).status == 200


class TestAMethod:
    @pytest.mark.parametrize("method", ["PUT", "PATCH", "HEAD", "TRACE", "QUERY"])
    async def test_that_there_is_not_is_405(self, site: Site, method: str) -> None:
        answer = await site.client().send(method).answer()
        assert (answer.status, answer.headers["allow"]) == (405, "GET, POST, DELETE, OPTIONS")

    @pytest.mark.parametrize("method", ["GET", "DELETE"])
    async def test_of_sessions_is_405_in_the_2026_era(self, site: Site, method: str) -> None:
        answer = await site.client().send(method, {"mcp-protocol-version": MODERN}).answer()
        assert (answer.status, answer.headers["allow"]) == (405, "POST, OPTIONS")


class TestAMediaType:
    @pytest.mark.parametrize("value", ["application/json; charset=utf-8", "Application/JSON"])
    async def test_of_json_is_taken(self, site: Site, value: str) -> None:
        assert (await site.client().modern("tools/list", headers={"content-type": value})).status == 200

    @pytest.mark.parametrize(
        "value", [None, "", "text/plain", "application/x-www-form-urlencoded", "application/jsonx"]
    )
    async def test_of_anything_else_is_415(self, site: Site, value: str | None) -> None:
        answer = await site.client().modern("tools/list", headers={"content-type": value})
        assert (answer.status, answer.error["code"]) == (415, INVALID_REQUEST)

    @pytest.mark.parametrize(
        "value",
        [
            None,
            "*/*",
            "application/json, text/event-stream",
            "text/event-stream;q=0.5, Application/JSON",
            "application/*, text/*",
            "text/html, */*;q=0.1",
        ],
    )
    async def test_that_is_accepted_may_be_written_in_many_ways(self, site: Site, value: str | None) -> None:
        assert (await site.client().modern("tools/list", headers={"accept": value})).status == 200

    @pytest.mark.parametrize("value", ["", "application/json", "text/event-stream", "text/html", "application/*"])
    async def test_that_is_not_accepted_is_406(self, site: Site, value: str) -> None:
        answer = await site.client().modern("tools/list", headers={"accept": value})
        assert (answer.status, answer.error["code"]) == (406, INVALID_REQUEST)


class TestABody:
    @pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b'{"a":' * 100_000])
    async def test_that_is_no_json_is_a_parse_error(self, site: Site, body: bytes) -> None:
        answer = await site.client().post(body)
        assert (answer.status, answer.error["code"]) == (400, PARSE_ERROR)
        assert "id" not in answer.json

    @pytest.mark.parametrize("body", [None, 7, "ping", {}, {"jsonrpc": "2.0", "id": None, "method": "ping"}])
    async def test_that_is_no_message_is_refused_without_an_id(self, site: Site, body: Any) -> None:
        answer = await site.client().post(body)
        assert (answer.status, answer.error["code"]) == (400, INVALID_REQUEST)
        assert "id" not in answer.json

    async def test_may_come_in_parts(self, site: Site) -> None:
        conversation = site.client().open_modern("tools/list")
        whole = conversation.incoming.get_nowait()["body"]
        client = site.client()
        parts = open_request(client.application, "POST", "/mcp", conversation.scope["headers"], None)
        parts.feed(whole[:10], more=True)
        parts.feed(whole[10:])
        assert (await parts.answer()).status == 200
        conversation.leave()
        await conversation.over()

    async def test_as_deep_as_the_parser_allows_is_answered(self, site: Site) -> None:
        @tool()
        async def echo(value: Any) -> Any:
            return value

        deep: Any = 1
        for _ in range(500):
            deep = [deep]
        answer = await site.client().call("echo", {"value": deep})
        assert answer.status == 200


class TestAnEra:
    async def test_is_2026_by_the_envelope(self, site: Site) -> None:
        message = request("tools/list", {"_meta": {"io.modelcontextprotocol/protocolVersion": MODERN}})
        answer = await site.client().post(message)
        assert answer.error["code"] == INVALID_PARAMS

    async def test_is_2025_without_any_sign(self, site: Site) -> None:
        answer = await site.client().post(request("tools/list"))
        assert "Mcp-Session-Id" in answer.error["message"]

    @pytest.mark.parametrize("params", [{"_meta": 7}, {"_meta": None}, {}])
    async def test_is_2025_with_another_meta(self, site: Site, params: Any) -> None:
        answer = await site.client().post(request("tools/list", params))
        assert "Mcp-Session-Id" in answer.error["message"]
