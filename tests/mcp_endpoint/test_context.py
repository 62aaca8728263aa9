"""The `ctx` parameter: who calls, logging, progress, what the client can do."""

from typing import Any

import mcp_types as types
import pytest

from mcp_endpoint import Context, tool
from mcp_endpoint.questions import can
from tests.mcp_endpoint.conftest import Site
from tests.mcp_endpoint.driver import Answer, Json
from tests.mcp_endpoint.eras import PREFIX

LEVELS = ("debug", "info", "notice", "warning", "error", "critical", "alert", "emergency")


def logged(answer: Answer) -> list[str]:
    """The levels of the log messages on an answer's stream; none on a JSON answer."""
    if answer.headers["content-type"] != "text/event-stream":
        return []
    return [message["params"]["level"] for message in answer.messages if "params" in message]


class TestACaller:
    async def test_is_known(self, site: Site) -> None:
        seen: list[Any] = []

        @tool()
        async def whoami(ctx: Context) -> str:
            seen.append((ctx.user.username, ctx.client_name, ctx.connection_id, ctx.scopes, ctx.request_id))
            return ctx.protocol_version

        answer = await site.client().call("whoami", id="seven")
        assert seen == [("alice", "Tests", 1, {"mcp"}, "seven")]
        assert answer.result["content"][0]["text"] == "2026-07-28"


class TestLogging:
    @pytest.fixture(autouse=True)
    def declared(self, site: Site) -> None:
        @tool()
        async def talk(ctx: Context) -> str:
            for level in LEVELS:
                ctx.log(level, {"at": level}, logger="tests")
            return ""

        @tool()
        async def shorthand(ctx: Context) -> str:
            ctx.debug("a")
            ctx.info("b")
            ctx.warning("c")
            ctx.error("d")
            return ""

    async def test_is_off_in_the_2026_era_unless_asked_for(self, site: Site) -> None:
        assert logged(await site.client().call("talk")) == []

    @pytest.mark.parametrize("level", LEVELS)
    async def test_begins_at_the_level_that_a_request_names(self, site: Site, level: str) -> None:
        answer = await site.client().call("talk", meta={f"{PREFIX}logLevel": level})
        assert tuple(logged(answer)) == LEVELS[LEVELS.index(level) :]

    async def test_begins_at_debug_in_a_session(self, site: Site) -> None:
        assert tuple(logged(await (await site.session()).call("talk"))) == LEVELS

    async def test_begins_at_the_level_that_a_session_set(self, site: Site) -> None:
        session = await site.session()
        assert (await session.ask("logging/setLevel", {"level": "alert"})).result == {}
        assert logged(await session.call("talk")) == ["alert", "emergency"]

    async def test_has_a_level_of_its_session_alone(self, site: Site) -> None:
        quiet, other = await site.session(), await site.session()
        await quiet.ask("logging/setLevel", {"level": "emergency"})
        assert len(logged(await other.call("talk"))) == len(LEVELS)

    async def test_names_its_logger(self, site: Site) -> None:
        answer = await site.client().call("talk", meta={f"{PREFIX}logLevel": "emergency"})
        assert answer.messages[0]["params"] == {
            "level": "emergency",
            "data": {"at": "emergency"},
            "logger": "tests",
        }

    async def test_has_a_name_for_each_usual_level(self, site: Site) -> None:
        answer = await (await site.session()).call("shorthand")
        assert logged(answer) == ["debug", "info", "warning", "error"]
        assert "logger" not in answer.messages[0]["params"]

    async def test_at_an_unknown_level_is_a_fault_of_the_tool(
        self, site: Site, caplog: pytest.LogCaptureFixture
    ) -> None:
        @tool()
        async def shout(ctx: Context) -> str:
            ctx.log("loud", "")
            return ""

        assert (await site.client().call("shout")).result["isError"] is True
        assert "'loud' is no log level" in caplog.text

    async def test_at_an_unknown_level_cannot_be_asked_for(self, site: Site) -> None:
        answer = await (await site.session()).ask("logging/setLevel", {"level": "loud"})
        assert answer.error["code"] == -32602

    async def test_of_what_is_no_json_is_a_fault_of_the_tool(self, site: Site) -> None:
        @tool()
        async def shout(ctx: Context) -> str:
            ctx.info(object())
            return ""

        assert (await (await site.session()).call("shout")).result["isError"] is True


class TestProgress:
    @pytest.mark.parametrize("token", ["t", 0, 7])
    async def test_carries_the_token_of_its_request(self, site: Site, token: Any) -> None:
        @tool()
        async def work(ctx: Context) -> str:
            ctx.progress(0.5)
            return ""

        answer = await (await site.session()).call("work", meta={"progressToken": token})
        assert answer.messages[0] == {
            "jsonrpc": "2.0",
            "method": "notifications/progress",
            "params": {"progressToken": token, "progress": 0.5},
        }


class TestWhatAClientCan:
    @pytest.mark.parametrize(
        ("declared", "able"),
        [
            ({}, set()),
            ({"elicitation": {}}, {"elicitation"}),
            ({"elicitation": {"form": {}}}, {"elicitation"}),
            ({"elicitation": {"url": {}}}, {"elicitation.url"}),
            ({"elicitation": {"form": {}, "url": {}}}, {"elicitation", "elicitation.url"}),
            ({"sampling": {}}, {"sampling"}),
            ({"roots": {"listChanged": True}}, {"roots"}),
        ],
    )
    def test_is_what_it_declared(self, declared: Json, able: set[str]) -> None:
        capabilities = types.ClientCapabilities.model_validate(declared)
        names = ("elicitation", "elicitation.url", "sampling", "roots")
        assert {name for name in names if can(capabilities, name)} == able

    def test_is_nothing_when_it_declared_nothing(self) -> None:
        assert not can(None, "sampling")

    @pytest.mark.parametrize("era", ["modern", "legacy"])
    async def test_can_be_asked_for_in_a_tool(self, site: Site, era: str) -> None:
        @tool()
        async def able(ctx: Context) -> bool:
            return ctx.can("sampling")

        capabilities: Json = {"sampling": {}}
        if era == "modern":
            answer = await site.client().call("able", capabilities=capabilities)
        else:
            answer = await (await site.session(capabilities=capabilities)).call("able")
        assert answer.result["structuredContent"] == {"result": True}


async def test_sampling_takes_whole_messages_and_tools(site: Site) -> None:
    @tool()
    async def think(ctx: Context) -> str:
        message = types.SamplingMessage(role="user", content=types.TextContent(type="text", text="Which?"))
        answer = await ctx.sample([message], tools=[types.Tool(name="look", input_schema={"type": "object"})])
        return type(answer).__name__

    session = await site.session(capabilities={"sampling": {"tools": {}}})
    call = session.open_call("think")
    question = await call.message()
    assert question["params"]["tools"][0]["name"] == "look"
    used = {"type": "tool_use", "id": "1", "name": "look", "input": {}}
    await session.reply(question, result={"role": "assistant", "content": [used], "model": "m"})
    answer = await call.answer()
    assert answer.messages[-1]["result"]["content"][0]["text"] == "CreateMessageResultWithTools"
