"""Serving `prompts/get` and `completion/complete`."""

from typing import Annotated, Any

import mcp_types as types
import pytest
from pydantic import BaseModel, Field

from mcp_endpoint import Context, ToolError, completion, prompt, resource
from tests.mcp_endpoint.conftest import Site
from tests.mcp_endpoint.driver import Answer, Json

INVALID_PARAMS, INTERNAL_ERROR = -32602, -32603


class Strict(BaseModel):
    number: int


async def get(site: Site, prompt_name: str, **arguments: str) -> Answer:
    return await site.client().modern("prompts/get", {"name": prompt_name, "arguments": arguments})


async def texts(site: Site, prompt_name: str) -> list[tuple[str, str]]:
    """Role and text of each message."""
    messages = (await get(site, prompt_name)).result["messages"]
    return [(message["role"], message["content"]["text"]) for message in messages]


class TestAPrompt:
    async def test_that_is_text_is_one_message_of_the_user(self, site: Site) -> None:
        @prompt()
        async def letter(name: str) -> str:
            """A letter."""
            return f"Write to {name}."

        answer = await get(site, "letter", name="Ada")
        assert answer.result["messages"] == [{"role": "user", "content": {"type": "text", "text": "Write to Ada."}}]
        assert answer.result["description"] == "A letter."

    async def test_may_be_messages_text_and_content(self, site: Site) -> None:
        @prompt()
        async def talk() -> list[Any]:
            text = types.TextContent(type="text", text="c")
            return [types.PromptMessage(role="assistant", content=text), "a", text]

        assert await texts(site, "talk") == [("assistant", "c"), ("user", "a"), ("user", "c")]

    async def test_that_is_whole_is_sent_as_it_is(self, site: Site) -> None:
        @prompt()
        async def whole() -> types.GetPromptResult:
            return types.GetPromptResult(description="Whole.", messages=[])

        assert (await get(site, "whole")).result["description"] == "Whole."

    async def test_may_be_made_by_a_plain_function_with_a_context(self, site: Site) -> None:
        prompt(name="me")(lambda: "me")

        @prompt()
        def mine(ctx: Context) -> str:
            return ctx.user.username

        assert await texts(site, "mine") == [("user", "alice")]

    async def test_that_is_unknown_is_refused(self, site: Site) -> None:
        assert (await get(site, "unknown")).error == {"code": INVALID_PARAMS, "message": "Unknown prompt: unknown"}

    async def test_without_permission_is_unknown(self, site: Site) -> None:
        prompt(name="guarded", permission="notes.view")(lambda: "")
        assert (await get(site, "guarded")).error["message"] == "Unknown prompt: guarded"

    async def test_names_the_arguments_that_are_missing_or_wrong(self, site: Site) -> None:
        @prompt()
        async def letter(name: str, tone: Annotated[str, Field(max_length=3)]) -> str: ...

        error = (await get(site, "letter", tone="s3cret")).error
        assert error == {"code": INVALID_PARAMS, "message": "Missing or wrong arguments: name, tone"}

    async def test_may_refuse_with_words_for_the_client(self, site: Site) -> None:
        @prompt()
        async def letter() -> str:
            raise ToolError("Not on Sundays.")

        assert (await get(site, "letter")).error == {"code": INVALID_PARAMS, "message": "Not on Sundays."}

    @pytest.mark.parametrize("function", [lambda: 1 / 0, lambda: 7, lambda: Strict(number="s3cret")])  # type: ignore[arg-type]  # the faults tested
    async def test_that_fails_is_a_generic_error_and_the_log_says_why(
        self, site: Site, caplog: pytest.LogCaptureFixture, function: Any
    ) -> None:
        prompt(name="broken")(function)
        assert (await get(site, "broken")).error == {"code": INTERNAL_ERROR, "message": "Internal server error"}
        assert "Traceback" in caplog.text


LETTER = {"type": "ref/prompt", "name": "letter"}
NOTE = {"type": "ref/resource", "uri": "notes://{name}"}


async def complete(site: Site, ref: Json, argument: str = "name", value: str = "a", **context: Any) -> Answer:
    params = {"ref": ref, "argument": {"name": argument, "value": value}, **context}
    return await site.client().modern("completion/complete", params)


class TestACompletion:
    @pytest.fixture(autouse=True)
    def declared(self, site: Site) -> None:
        prompt(name="letter")(lambda name, tone="": "")
        resource("notes://{name}")(lambda name: "")

    async def test_offers_what_its_function_returns(self, site: Site) -> None:
        completion(prompt="letter", argument="name")(lambda typed: [f"{typed}da", f"{typed}lan"])
        answer = await complete(site, LETTER)
        assert answer.result["completion"] == {"values": ["ada", "alan"], "total": 2, "hasMore": False}

    async def test_may_be_of_a_template(self, site: Site) -> None:
        @completion(resource="notes://{name}", argument="name")
        async def names(value: str) -> list[str]:
            return [value * 2]

        assert (await complete(site, NOTE)).result["completion"]["values"] == ["aa"]

    async def test_knows_the_caller_and_the_other_arguments(self, site: Site) -> None:
        @completion(prompt="letter", argument="name")
        def names(value: str, others: dict[str, str], ctx: Context) -> list[str]:
            return [ctx.user.username, others.get("tone", "")]

        answer = await complete(site, LETTER, context={"arguments": {"tone": "kind"}})
        assert answer.result["completion"]["values"] == ["alice", "kind"]
        assert (await complete(site, LETTER)).result["completion"]["values"] == ["alice", ""]

    async def test_offers_a_hundred_at_the_most(self, site: Site) -> None:
        completion(prompt="letter", argument="name")(lambda value: map(str, range(101)))
        found = (await complete(site, LETTER)).result["completion"]
        assert (len(found["values"]), found["total"], found["hasMore"]) == (100, 101, True)

    async def test_of_a_hundred_says_that_there_are_no_more(self, site: Site) -> None:
        completion(prompt="letter", argument="name")(lambda value: map(str, range(100)))
        found = (await complete(site, LETTER)).result["completion"]
        assert (len(found["values"]), found["hasMore"]) == (100, False)

    async def test_that_nobody_declared_is_empty(self, site: Site) -> None:
        found = (await complete(site, LETTER, argument="tone")).result["completion"]
        assert found == {"values": [], "total": 0, "hasMore": False}

    @pytest.mark.parametrize(
        "ref", [{"type": "ref/prompt", "name": "unknown"}, {"type": "ref/resource", "uri": "unknown://{x}"}]
    )
    async def test_of_something_unknown_is_refused(self, site: Site, ref: Json) -> None:
        answer = await complete(site, ref)
        assert (answer.error["code"], answer.error["message"][:17]) == (INVALID_PARAMS, "Unknown reference")

    async def test_of_what_the_caller_may_not_see_is_refused(self, site: Site) -> None:
        prompt(name="guarded", permission="notes.view")(lambda name: "")
        completion(prompt="guarded", argument="name")(lambda value: ["s3cret"])
        answer = await complete(site, {"type": "ref/prompt", "name": "guarded"})
        assert answer.error["message"] == "Unknown reference: guarded"

    @pytest.mark.parametrize("function", [lambda value: 1 / 0, lambda value: [7]])
    async def test_that_fails_is_a_generic_error_and_the_log_says_why(
        self, site: Site, caplog: pytest.LogCaptureFixture, function: Any
    ) -> None:
        completion(prompt="letter", argument="name")(function)
        assert (await complete(site, LETTER)).error["code"] == INTERNAL_ERROR
        assert "Traceback" in caplog.text
