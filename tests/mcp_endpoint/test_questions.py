"""What a tool may ask its client: while a 2025 session's call runs, and in rounds in the 2026 era."""

from typing import Any

import mcp_types as types
import pytest
from pydantic import BaseModel
from pytest_django import Settings

from mcp_endpoint import Context, prompt, resource, tool
from tests.mcp_endpoint.conftest import Site
from tests.mcp_endpoint.driver import Json
from tests.mcp_endpoint.eras import ANYTHING, Session

INVALID_PARAMS, MISSING_CAPABILITY, INTERNAL_ERROR = -32602, -32021, -32603
ACCEPT: Json = {"action": "accept", "content": {"name": "Ada"}}
SAMPLED: Json = {"role": "assistant", "content": {"type": "text", "text": "42"}, "model": "m"}
ROOTS: Json = {"roots": [{"uri": "file:///home"}]}


class Who(BaseModel):
    name: str


@pytest.fixture(autouse=True)
def declared(site: Site) -> None:
    @tool()
    async def greet(ctx: Context) -> str:
        answer = await ctx.elicit("Who are you?", Who)
        return f"{answer.action} {(answer.content or {}).get('name')}"

    @tool()
    async def think(ctx: Context) -> str:
        answer = await ctx.sample("What is it?", max_tokens=5, temperature=0.5)
        assert isinstance(answer.content, types.TextContent)
        return answer.content.text

    @tool()
    async def look(ctx: Context) -> str:
        return str((await ctx.list_roots()).roots[0].uri)

    @tool()
    async def sign_in(ctx: Context) -> str:
        return (await ctx.elicit_url("Sign in", "https://example.com/sign-in")).action

    @tool()
    async def everything(ctx: Context) -> str:
        answers = await ctx.ask(
            {
                "who": types.ElicitRequest(
                    params=types.ElicitRequestFormParams(
                        message="Who?", requested_schema={"type": "object", "properties": {}}
                    )
                ),
                "where": types.ListRootsRequest(),
            }
        )
        return ",".join(sorted(answers))

    @tool()
    async def twice(ctx: Context) -> str:
        first = await ctx.elicit("First?", Who, key="first")
        ctx.state["rounds"] = ctx.state.get("rounds", 0) + 1
        second = await ctx.elicit("Second?", Who, key="second")
        return f"{first.action} {second.action} {ctx.state['rounds']}"


ASKING = [
    ("greet", "elicitation/create", ACCEPT, "accept Ada"),
    ("think", "sampling/createMessage", SAMPLED, "42"),
    ("look", "roots/list", ROOTS, "file:///home"),
    ("sign_in", "elicitation/create", {"action": "accept"}, "accept"),
]


class TestASessionsClient:
    @pytest.fixture
    async def session(self, site: Site) -> Session:
        return await site.session(capabilities=ANYTHING)

    @pytest.mark.parametrize(("name", "method", "answer", "text"), ASKING)
    async def test_is_asked_while_the_call_runs(
        self, session: Session, name: str, method: str, answer: Json, text: str
    ) -> None:
        call = session.open_call(name)
        question = await call.message()
        assert question["method"] == method
        assert (await session.reply(question, result=answer)).status == 202
        assert (await call.answer()).messages[-1]["result"]["content"][0]["text"] == text

    async def test_is_asked_one_question_after_the_other(self, session: Session) -> None:
        call = session.open_call("everything")
        await session.reply(await call.message(), result=ACCEPT)
        await session.reply(await call.message(), result=ROOTS)
        assert (await call.answer()).messages[-1]["result"]["content"][0]["text"] == "where,who"

    async def test_is_told_the_schema_and_the_message(self, session: Session) -> None:
        call = session.open_call("greet")
        question = await call.message()
        assert question["params"]["message"] == "Who are you?"
        assert question["params"]["requestedSchema"]["required"] == ["name"]
        await session.reply(question, result={"action": "cancel"})
        assert (await call.answer()).messages[-1]["result"]["content"][0]["text"] == "cancel None"

    async def test_is_told_a_urls_elicitation_id(self, session: Session) -> None:
        call = session.open_call("sign_in", id=8)
        question = await call.message()
        assert question["params"]["elicitationId"] == "8-url"
        await session.reply(question, result={"action": "decline"})
        await call.answer()

    @pytest.mark.parametrize("answer", [{}, {"action": "maybe"}, {"action": 7}])
    async def test_that_answers_nonsense_fails_the_tool_readably(self, session: Session, answer: Json) -> None:
        call = session.open_call("greet")
        await session.reply(await call.message(), result=answer)
        result = (await call.answer()).messages[-1]["result"]
        assert result["isError"] is True
        assert result["content"][0]["text"] == "The client's answer to elicitation/create was malformed"

    async def test_whose_result_is_no_object_fails_the_tool_readably(self, session: Session) -> None:
        call = session.open_call("greet")
        await session.reply(await call.message(), result=7)
        assert (await call.answer()).messages[-1]["result"]["isError"] is True

    @pytest.mark.parametrize(
        ("error", "code", "message"),
        [
            ({"code": -1, "message": "The user said no"}, -1, "The user said no"),
            ({"code": "x"}, INTERNAL_ERROR, "Error"),
            ("no", INTERNAL_ERROR, "Error"),
        ],
    )
    async def test_that_answers_with_an_error_fails_the_call_with_it(
        self, session: Session, error: Any, code: int, message: str
    ) -> None:
        call = session.open_call("greet")
        await session.reply(await call.message(), error=error)
        assert (await call.answer()).messages[-1]["error"] == {"code": code, "message": message}

    async def test_that_does_not_answer_fails_the_call(self, session: Session, settings: Settings) -> None:
        settings.MCP_ASK_TIMEOUT = 0.01
        answer = await session.call("greet")
        assert answer.messages[-1]["error"]["message"] == "The client did not answer elicitation/create in time"

    async def test_of_another_session_cannot_answer(self, site: Site, session: Session) -> None:
        other = await site.session(capabilities=ANYTHING)
        call = session.open_call("greet")
        question = await call.message()
        await other.reply(question, result={"action": "decline"})
        await session.reply(question, result=ACCEPT)
        assert (await call.answer()).messages[-1]["result"]["content"][0]["text"] == "accept Ada"

    @pytest.mark.parametrize(
        ("name", "missing"),
        [("greet", "elicitation"), ("think", "sampling"), ("look", "roots"), ("sign_in", "elicitation.url")],
    )
    async def test_without_the_capability_is_not_asked(self, site: Site, name: str, missing: str) -> None:
        result = (await (await site.session()).call(name)).result
        assert result["isError"] is True
        assert f"the capability {missing}, which this one did not declare" in result["content"][0]["text"]

    async def test_can_be_asked_by_a_plain_function(self, site: Site, session: Session) -> None:
        @tool()
        def ask(ctx: Context) -> str:
            return ctx.wait(ctx.elicit("Who?", Who)).action

        call = session.open_call("ask")
        await session.reply(await call.message(), result=ACCEPT)
        assert (await call.answer()).messages[-1]["result"]["content"][0]["text"] == "accept"


async def asked(site: Site, name: str, capabilities: Json | None = None, **params: Any) -> Json:
    """One round of a call of the 2026 era."""
    answer = await site.client().modern("tools/call", {"name": name, **params}, capabilities=capabilities or ANYTHING)
    return answer.result


class TestARound:
    @pytest.mark.parametrize(("name", "method", "answer", "text"), ASKING)
    async def test_asks_and_the_next_one_answers(
        self, site: Site, name: str, method: str, answer: Json, text: str
    ) -> None:
        first = await asked(site, name)
        ((key, question),) = first["inputRequests"].items()
        assert (first["resultType"], question["method"]) == ("input_required", method)
        second = await asked(site, name, inputResponses={key: answer}, requestState=first["requestState"])
        assert second["resultType"] == "complete"
        assert second["content"][0]["text"] == text

    async def test_may_ask_several_questions(self, site: Site) -> None:
        first = await asked(site, "everything")
        assert set(first["inputRequests"]) == {"who", "where"}

    async def test_asks_again_for_what_was_not_answered(self, site: Site) -> None:
        first = await asked(site, "everything")
        second = await asked(site, "everything", inputResponses={"who": ACCEPT}, requestState=first["requestState"])
        assert set(second["inputRequests"]) == {"where"}
        third = await asked(site, "everything", inputResponses={"where": ROOTS}, requestState=second["requestState"])
        assert third["content"][0]["text"] == "where,who"

    async def test_remembers_answers_and_state_across_two_questions(self, site: Site) -> None:
        first = await asked(site, "twice")
        second = await asked(site, "twice", inputResponses={"first": ACCEPT}, requestState=first["requestState"])
        assert set(second["inputRequests"]) == {"second"}
        third = await asked(
            site, "twice", inputResponses={"second": {"action": "decline"}}, requestState=second["requestState"]
        )
        assert third["content"][0]["text"] == "accept decline 2"

    async def test_does_not_show_its_state(self, site: Site) -> None:
        first = await asked(site, "twice")
        second = await asked(site, "twice", inputResponses={"first": ACCEPT}, requestState=first["requestState"])
        assert "Ada" not in second["requestState"]

    async def test_sends_no_elicitation_id(self, site: Site) -> None:
        """2026-07-28 removed it."""
        question = (await asked(site, "sign_in"))["inputRequests"]["url"]
        assert "elicitationId" not in question["params"]

    @pytest.mark.parametrize(
        ("name", "required"),
        [
            ("greet", {"elicitation": {}}),
            ("think", {"sampling": {}}),
            ("look", {"roots": {}}),
            ("sign_in", {"elicitation": {"url": {}}}),
        ],
    )
    async def test_needs_the_clients_capability(self, site: Site, name: str, required: Json) -> None:
        answer = await site.client().call(name)
        assert (answer.status, answer.error["code"]) == (400, MISSING_CAPABILITY)
        assert answer.error["data"] == {"requiredCapabilities": required}

    async def test_may_end_a_prompt_and_a_resource(self, site: Site) -> None:
        @prompt()
        async def letter(ctx: Context) -> str:
            return (await ctx.elicit("Who?", Who)).action

        @resource("letters://mine")
        async def mine(ctx: Context) -> str:
            return (await ctx.elicit("Who?", Who)).action

        for method, params in (("prompts/get", {"name": "letter"}), ("resources/read", {"uri": "letters://mine"})):
            client = site.client()
            first = (await client.modern(method, params, capabilities=ANYTHING)).result
            answered = {"inputResponses": {"elicitation": ACCEPT}, "requestState": first["requestState"]}
            second = (await client.modern(method, {**params, **answered}, capabilities=ANYTHING)).result
            assert "accept" in str(second)
