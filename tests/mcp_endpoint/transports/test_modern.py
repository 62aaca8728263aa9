"""The 2026-07-28 era over Streamable HTTP: its envelope, headers, statuses and results."""

from typing import Any

import pytest
from mcp_types import Tool

from mcp_endpoint import Context, tool
from tests.mcp_endpoint.conftest import Site
from tests.mcp_endpoint.eras import LATEST, MODERN, PREFIX, notification, request

HEADER_MISMATCH, MISSING_CAPABILITY, UNSUPPORTED = -32020, -32021, -32022
INVALID_REQUEST, METHOD_NOT_FOUND, INVALID_PARAMS = -32600, -32601, -32602


TALKING: dict[str, Any] = {"meta": {"progressToken": "t"}}


class TestAnEnvelope:
    async def test_makes_a_request_of_this_era(self, site: Site) -> None:
        answer = await site.client().modern("server/discover")
        assert answer.result["supportedVersions"] == [MODERN]

    @pytest.mark.parametrize("missing", ["protocolVersion", "clientCapabilities"])
    async def test_must_be_whole(self, site: Site, missing: str) -> None:
        envelope = {f"{PREFIX}protocolVersion": MODERN, f"{PREFIX}clientCapabilities": {}}
        del envelope[PREFIX + missing]
        answer = await site.client().post(
            request("tools/list", {"_meta": envelope}), {"mcp-protocol-version": MODERN, "mcp-method": "tools/list"}
        )
        assert (answer.status, answer.error["code"]) == (400, INVALID_PARAMS)
        assert answer.json["id"] == 1

    async def test_may_come_without_a_client_info(self, site: Site) -> None:
        assert (await site.client().modern("tools/list")).status == 200

    async def test_with_a_malformed_client_info_is_refused(self, site: Site) -> None:
        answer = await site.client().modern("tools/list", meta={f"{PREFIX}clientInfo": "tests"})
        assert (answer.status, answer.error["code"]) == (400, INVALID_PARAMS)

    async def test_that_is_no_object_is_refused(self, site: Site) -> None:
        answer = await site.client().post(
            request("tools/list", {"_meta": []}), {"mcp-protocol-version": MODERN, "mcp-method": "tools/list"}
        )
        assert (answer.status, answer.error["code"]) == (400, INVALID_PARAMS)


class TestAHeader:
    @pytest.mark.parametrize(
        "headers",
        [
            {"mcp-protocol-version": None},
            {"mcp-protocol-version": LATEST},
            {"mcp-protocol-version": "2027-01-01"},
            {"mcp-method": None},
            {"mcp-method": "tools/call"},
            {"mcp-method": "TOOLS/LIST"},
        ],
    )
    async def test_that_contradicts_the_body_is_refused(self, site: Site, headers: dict[str, str | None]) -> None:
        answer = await site.client().modern("tools/list", headers=headers)
        assert (answer.status, answer.error["code"]) == (400, HEADER_MISMATCH)

    @pytest.mark.parametrize("name", [None, "other", "=?base64?!!?="])
    async def test_must_name_what_is_called(self, site: Site, name: str | None) -> None:
        tool(name="greet")(lambda: "")
        answer = await site.client().call("greet", headers={"mcp-name": name})
        assert (answer.status, answer.error["code"]) == (400, HEADER_MISMATCH)

    async def test_may_be_encoded(self, site: Site) -> None:
        tool(name="greet")(lambda: "")
        assert (await site.client().call("greet", headers={"mcp-name": "=?base64?Z3JlZXQ=?="})).status == 200

    async def test_may_have_white_space_around_its_value(self, site: Site) -> None:
        assert (await site.client().modern("tools/list", headers={"mcp-method": " tools/list "})).status == 200

    @pytest.mark.parametrize("name", ["mcp-method", "mcp-protocol-version", "mcp-name"])
    async def test_must_not_come_twice(self, site: Site, name: str) -> None:
        tool(name="greet")(lambda: "")
        client = site.client()
        conversation = client.open_modern("tools/call", {"name": "greet"})
        value = dict(conversation.scope["headers"])[name.encode()]
        conversation.scope["headers"].append((name.encode(), value))
        answer = await conversation.answer()
        assert (answer.status, answer.error["code"]) == (400, HEADER_MISMATCH)

    async def test_of_an_unknown_version_alone_is_told_what_is_served(self, site: Site) -> None:
        answer = await site.client().post(request("tools/list"), {"mcp-protocol-version": "1999-01-01"})
        assert (answer.status, answer.error["code"]) == (400, UNSUPPORTED)
        assert answer.error["data"] == {"supported": [MODERN], "requested": "1999-01-01"}

    async def test_and_body_of_an_unknown_version_are_told_what_is_served(self, site: Site) -> None:
        answer = await site.client().modern(
            "tools/list",
            meta={f"{PREFIX}protocolVersion": "2027-01-01"},
            headers={"mcp-protocol-version": "2027-01-01"},
        )
        assert (answer.status, answer.error["code"]) == (400, UNSUPPORTED)
        assert answer.error["data"] == {"supported": [MODERN], "requested": "2027-01-01"}

    async def test_of_this_version_without_an_envelope_is_refused(self, site: Site) -> None:
        answer = await site.client().post(
            request("tools/list"), {"mcp-protocol-version": MODERN, "mcp-method": "tools/list"}
        )
        assert (answer.status, answer.error["code"]) == (400, INVALID_PARAMS)


class TestAMirroredParameter:
    SCHEMA: dict[str, Any] = {
        "type": "object",
        "properties": {
            "region": {"type": "string", "x-mcp-header": "Region"},
            "size": {"type": "integer", "x-mcp-header": "Size"},
        },
    }

    @pytest.fixture(autouse=True)
    def declared(self, site: Site) -> None:
        @tool(input_schema=self.SCHEMA)
        def where(region: str | None = None, size: int = 0) -> str:
            return f"{region} {size}"

    async def test_is_compared_with_the_argument(self, site: Site) -> None:
        headers = {"mcp-param-region": "eu", "mcp-param-size": "42.0"}
        answer = await site.client().call("where", {"region": "eu", "size": 42}, headers=headers)
        assert answer.result["content"][0]["text"] == "eu 42"

    @pytest.mark.parametrize(
        ("arguments", "headers"),
        [
            ({"region": "eu"}, {}),
            ({"region": "eu"}, {"mcp-param-region": "us"}),
            ({"region": "eu"}, {"mcp-param-region": "EU"}),
            ({}, {"mcp-param-region": "eu"}),
            ({"region": None}, {"mcp-param-region": "eu"}),
            ({"size": 42}, {"mcp-param-size": "43"}),
            ({"region": "eu"}, {"mcp-param-region": "=?base64?%%%?="}),
        ],
    )
    async def test_that_contradicts_the_body_is_refused(
        self, site: Site, arguments: dict[str, Any], headers: dict[str, str]
    ) -> None:
        answer = await site.client().call("where", arguments, headers=headers)
        assert (answer.status, answer.error["code"]) == (400, HEADER_MISMATCH)

    async def test_must_not_come_twice(self, site: Site) -> None:
        conversation = site.client().open_modern(
            "tools/call", {"name": "where", "arguments": {"region": "eu"}}, headers={"mcp-param-region": "us"}
        )
        conversation.scope["headers"].append((b"mcp-param-region", b"eu"))
        answer = await conversation.answer()
        assert (answer.status, answer.error["code"]) == (400, HEADER_MISMATCH)

    async def test_of_arguments_that_are_no_object_leaves_the_refusal_to_the_method(self, site: Site) -> None:
        answer = await site.client().modern("tools/call", {"name": "where", "arguments": [1]})
        assert (answer.status, answer.error["code"]) == (400, INVALID_PARAMS)

    async def test_is_not_looked_at_for_a_tool_that_mirrors_nothing(self, site: Site) -> None:
        tool(name="greet")(lambda: "")
        assert (await site.client().call("greet", headers={"mcp-param-region": "eu"})).status == 200


class TestAMethod:
    @pytest.mark.parametrize(
        "method", ["no/such", "initialize", "ping", "logging/setLevel", "resources/subscribe", "resources/unsubscribe"]
    )
    async def test_that_this_era_does_not_have_is_404(self, site: Site, method: str) -> None:
        answer = await site.client().modern(method)
        assert (answer.status, answer.error["code"]) == (404, METHOD_NOT_FOUND)

    async def test_that_is_no_string_is_refused(self, site: Site) -> None:
        answer = await site.client().post({"jsonrpc": "2.0", "id": 1, "method": 7}, {"mcp-protocol-version": MODERN})
        assert (answer.status, answer.error["code"]) == (400, INVALID_REQUEST)


class TestAResult:
    async def test_echoes_the_id(self, site: Site) -> None:
        assert (await site.client().modern("tools/list", id="seven")).json["id"] == "seven"

    async def test_says_that_it_is_complete_and_who_answers(self, site: Site) -> None:
        result = (await site.client().modern("tools/list")).result
        assert result["resultType"] == "complete"
        assert result["_meta"][f"{PREFIX}serverInfo"]["name"] == site.endpoint.title

    async def test_of_a_list_may_be_cached_by_its_caller_alone(self, site: Site) -> None:
        result = (await site.client().modern("tools/list")).result
        assert (result["ttlMs"], result["cacheScope"]) == (60_000, "private")

    async def test_has_no_session(self, site: Site) -> None:
        answer = await site.client().modern("tools/list", headers={"mcp-session-id": "made-up"})
        assert answer.status == 200
        assert "mcp-session-id" not in answer.headers

    async def test_of_a_tool_that_talks_comes_last_on_a_stream(self, site: Site) -> None:
        @tool()
        async def talk(ctx: Context) -> str:
            ctx.progress(1, 2, "half")
            ctx.progress(2, 2)
            return "done"

        answer = await site.client().call("talk", **TALKING)
        assert [message.get("params") for message in answer.messages[:2]] == [
            {"progressToken": "t", "progress": 1, "total": 2, "message": "half"},
            {"progressToken": "t", "progress": 2, "total": 2},
        ]
        assert answer.messages[2]["result"]["content"] == [{"type": "text", "text": "done"}]
        assert all(event.id is None for event in answer.events)

    async def test_of_a_tool_that_reports_to_nobody_is_json(self, site: Site) -> None:
        @tool()
        async def talk(ctx: Context) -> str:
            ctx.progress(1)
            return "done"

        assert (await site.client().call("talk")).result["content"][0]["text"] == "done"


async def test_a_notification_is_202(site: Site) -> None:
    answer = await site.client().post(notification("notifications/cancelled"), {"mcp-protocol-version": MODERN})
    assert (answer.status, answer.body) == (202, b"")


async def test_a_response_is_refused(site: Site) -> None:
    answer = await site.client().post({"jsonrpc": "2.0", "id": 1, "result": {}}, {"mcp-protocol-version": MODERN})
    assert (answer.status, answer.error["code"]) == (400, INVALID_REQUEST)


def test_only_a_schema_that_mirrors_costs_a_look_at_the_headers(site: Site) -> None:
    tool(name="greet")(lambda: "")
    entry = site.registry.tools["greet"]
    assert isinstance(entry.wire, Tool)
    assert entry.header_schema is None
