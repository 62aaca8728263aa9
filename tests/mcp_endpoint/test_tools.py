"""Serving `tools/call`: results of every kind, failures that the model can read, faults that it cannot."""

from dataclasses import dataclass
from typing import Annotated, Any

import mcp_types as types
import pytest
from pydantic import BaseModel, Field, ValidationError

from mcp_endpoint import Context, ToolError, scope, tool
from mcp_endpoint.sdk import MCPError
from tests.mcp_endpoint.conftest import Site
from tests.mcp_endpoint.driver import Json
from tests.mcp_endpoint.people import Somebody, let_in, principal

INVALID_PARAMS = -32602


async def text_of(site: Site, name: str, arguments: Json | None = None) -> str:
    """The text of a tool's result."""
    result = (await site.client().call(name, arguments)).result
    text: str = result["content"][0]["text"]
    return text


async def failure_of(site: Site, name: str, arguments: Json | None = None) -> str:
    """The text of a tool's error result."""
    result = (await site.client().call(name, arguments)).result
    assert result["isError"] is True
    text: str = result["content"][0]["text"]
    return text


class Point(BaseModel):
    x: int
    secret: str = Field(default="-", alias="s")


@dataclass
class Size:
    height: int


class TestAResult:
    async def test_of_a_model_is_structured(self, site: Site) -> None:
        @tool()
        async def where() -> Point:
            return Point(x=1)

        result = (await site.client().call("where")).result
        assert result["structuredContent"] == {"x": 1, "s": "-"}
        assert result["content"][0]["type"] == "text"

    async def test_of_a_dataclass_is_structured(self, site: Site) -> None:
        @tool()
        async def size() -> Size:
            return Size(2)

        assert (await site.client().call("size")).result["structuredContent"] == {"height": 2}

    async def test_of_a_list_is_wrapped(self, site: Site) -> None:
        @tool()
        async def numbers() -> list[int]:
            return [1, 2]

        assert (await site.client().call("numbers")).result["structuredContent"] == {"result": [1, 2]}

    async def test_of_a_dict_is_structured(self, site: Site) -> None:
        @tool()
        async def ages() -> dict[str, int]:
            return {"alice": 7}

        assert (await site.client().call("ages")).result["structuredContent"] == {"alice": 7}

    async def test_of_content_blocks_is_sent_as_it_is(self, site: Site) -> None:
        @tool()
        async def draw() -> list[types.ImageContent | types.TextContent]:
            return [
                types.ImageContent(type="image", data="AA==", mime_type="image/png"),
                types.TextContent(type="text", text="a dot"),
            ]

        content = (await site.client().call("draw")).result["content"]
        assert [part["type"] for part in content] == ["image", "text"]

    async def test_that_is_whole_is_sent_as_it_is(self, site: Site) -> None:
        @tool()
        async def whole() -> types.CallToolResult:
            return types.CallToolResult(content=[types.TextContent(type="text", text="all")], is_error=True)

        assert await failure_of(site, "whole") == "all"

    async def test_that_does_not_fit_its_type_is_a_fault(self, site: Site, caplog: pytest.LogCaptureFixture) -> None:
        @tool()
        async def wrong() -> Point:
            return {"x": "s3cret"}  # type: ignore[return-value]  # the fault tested

        assert await failure_of(site, "wrong") == "The tool wrong failed unexpectedly. The server's log says why."
        assert "tool wrong raised" in caplog.text


class TestAToolError:
    async def test_is_what_the_model_reads(self, site: Site) -> None:
        @tool()
        async def divide(a: float, b: float) -> float:
            if b == 0:
                raise ToolError("Nothing can be divided by zero.")
            return a / b

        assert await failure_of(site, "divide", {"a": 1, "b": 0}) == "Nothing can be divided by zero."

    async def test_of_a_plain_function_too(self, site: Site) -> None:
        @tool()
        def fail() -> str:
            raise ToolError("No.")

        assert await failure_of(site, "fail") == "No."


class TestAFault:
    @pytest.fixture(autouse=True)
    def declared(self, site: Site) -> None:
        @tool()
        async def fail() -> str:
            raise RuntimeError("s3cret")

        @tool()
        def fail_slowly() -> str:
            raise RuntimeError("s3cret")

    @pytest.mark.parametrize("name", ["fail", "fail_slowly"])
    async def test_tells_the_client_nothing_and_the_log_all(
        self, site: Site, caplog: pytest.LogCaptureFixture, name: str
    ) -> None:
        assert await failure_of(site, name) == f"The tool {name} failed unexpectedly. The server's log says why."
        (record,) = [record for record in caplog.records if record.name == "mcp_endpoint.tools"]
        assert record.getMessage() == f"tool {name} raised"
        assert "RuntimeError: s3cret" in caplog.text

    async def test_leaves_the_session_alive(self, site: Site) -> None:
        session = await site.session()
        assert (await session.call("fail")).result["isError"]
        assert (await session.call("fail")).result["isError"]

    async def test_of_validation_inside_the_tool_is_not_blamed_on_the_arguments(self, site: Site) -> None:
        @tool()
        async def build() -> int:
            return Point(x="s3cret").x  # type: ignore[arg-type]  # the fault tested

        assert await failure_of(site, "build") == "The tool build failed unexpectedly. The server's log says why."

    async def test_that_the_protocol_has_a_code_for_keeps_it(self, site: Site) -> None:
        @tool()
        async def refuse() -> str:
            raise MCPError(-32042, "Sign in first", {"elicitations": []})

        answer = await site.client().call("refuse")
        assert answer.error == {"code": -32042, "message": "Sign in first", "data": {"elicitations": []}}
        assert answer.status == 200


class TestArguments:
    async def test_that_do_not_fit_are_explained_without_their_values(self, site: Site) -> None:
        @tool()
        async def greet(name: Annotated[str, Field(max_length=5)], times: int) -> str: ...

        text = await failure_of(site, "greet", {"name": "s3cret-s3cret", "times": "s3cret"})
        assert "name: String should have at most 5 characters" in text
        assert "times: Input should be a valid integer" in text
        assert "s3cret" not in text

    async def test_that_are_missing_are_named(self, site: Site) -> None:
        @tool()
        async def greet(name: str) -> str: ...

        assert await failure_of(site, "greet") == "Invalid arguments for greet: name: Field required"

    async def test_may_be_left_out_altogether(self, site: Site) -> None:
        @tool()
        async def greet(name: str = "you") -> str:
            return name

        answer = await site.client().modern("tools/call", {"name": "greet"})
        assert answer.result["content"][0]["text"] == "you"

    async def test_cannot_pass_for_the_context(self, site: Site) -> None:
        @tool()
        async def greet(ctx: Context) -> str:
            return type(ctx).__name__

        assert await text_of(site, "greet", {"ctx": "mine"}) == "Context"

    async def test_named_by_a_model_that_the_tool_checks_itself_are_a_fault_of_the_tool(self, site: Site) -> None:
        @tool()
        async def check() -> str:
            try:
                Point(x="no")  # type: ignore[arg-type]  # the fault tested
            except ValidationError as error:
                raise ToolError("The point is wrong.") from error
            return ""

        assert await failure_of(site, "check") == "The point is wrong."


class TestATool:
    @pytest.mark.parametrize("era", ["modern", "legacy"])
    async def test_that_does_not_exist_is_unknown(self, site: Site, era: str) -> None:
        caller: Any = site.client() if era == "modern" else await site.session()
        answer = await caller.call("unknown")
        assert answer.error == {"code": INVALID_PARAMS, "message": "Unknown tool: unknown"}

    async def test_without_its_permission_is_unknown(self, site: Site) -> None:
        tool(name="guarded", permission="notes.view")(lambda: "")
        assert (await site.client().call("guarded")).error["message"] == "Unknown tool: guarded"

    async def test_with_its_permission_is_called(self, site: Site) -> None:
        let_in("carol", principal(Somebody(3, "carol", {"notes.view"})))
        tool(name="guarded", permission="notes.view")(lambda: "in")
        answer = await site.client("carol").call("guarded")
        assert answer.result["content"][0]["text"] == "in"

    async def test_in_a_batch_needs_its_scope_too(self, site: Site) -> None:
        scope("notes", "Notes")
        tool(name="guarded", scope="notes")(lambda: "in")
        session = await site.session(version="2025-03-26")
        call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "guarded"}}
        (answer,) = (await session.post([call])).json
        assert answer["error"]["message"] == "This needs the scope notes"  # type: ignore[index]  # a batch is a list
