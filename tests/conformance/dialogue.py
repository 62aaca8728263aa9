"""Tools that ask the client something: in the middle of a call, or by a result that asks for input."""

import json
from typing import Any

from mcp_types import (
    CreateMessageRequest,
    CreateMessageRequestParams,
    CreateMessageResult,
    ElicitRequest,
    ElicitRequestFormParams,
    ElicitResult,
    ListRootsRequest,
    ListRootsResult,
    SamplingMessage,
    TextContent,
)

from mcp_endpoint import Context, ToolError, tool


def text_field(**more: Any) -> dict[str, Any]:
    """Schema of a text."""
    return {"type": "string", **more}


def form(required: bool = True, **fields: dict[str, Any]) -> dict[str, Any]:
    """Schema of a form with these fields."""
    return {"type": "object", "properties": fields, "required": [*fields] if required else []}


def name_question(message: str = "What is your name?") -> ElicitRequest:
    """A form that asks for a name."""
    params = ElicitRequestFormParams(message=message, requested_schema=form(name=text_field()))
    return ElicitRequest(params=params)


def model_question(question: str, max_tokens: int) -> CreateMessageRequest:
    """A question to the client's model."""
    message = SamplingMessage(role="user", content=TextContent(type="text", text=question))
    return CreateMessageRequest(params=CreateMessageRequestParams(messages=[message], max_tokens=max_tokens))


def describe(answer: ElicitResult) -> str:
    """What somebody answered to a form."""
    return f"action={answer.action}, content={json.dumps(answer.content or {})}"


def said(answer: CreateMessageResult) -> str:
    """The text that a model answered."""
    return answer.content.text if isinstance(answer.content, TextContent) else answer.content.type


# --- Asked in the middle of a call ------------------------------------------------------------


@tool(structured=False)
async def test_sampling(ctx: Context, prompt: str) -> str:
    """Ask the client's model."""
    return f"LLM response: {said(await ctx.sample(prompt, max_tokens=100))}"


@tool(structured=False)
async def test_elicitation(ctx: Context, message: str) -> str:
    """Ask the user."""
    fields = form(
        username=text_field(description="User's response"),
        email=text_field(description="User's email address"),
    )
    return f"User response: {describe(await ctx.elicit(message, fields))}"


@tool(structured=False)
async def test_elicitation_sep1034_defaults(ctx: Context) -> str:
    """Ask with a default for each primitive type."""
    fields = form(
        required=False,
        name=text_field(description="User name", default="John Doe"),
        age={"type": "integer", "description": "User age", "default": 30},
        score={"type": "number", "description": "User score", "default": 95.5},
        status=text_field(enum=["active", "inactive", "pending"], default="active"),
        verified={"type": "boolean", "description": "Verification status", "default": True},
    )
    answer = await ctx.elicit("Please review and update the form fields with defaults", fields)
    return f"Elicitation completed: {describe(answer)}"


@tool(structured=False)
async def test_elicitation_sep1330_enums(ctx: Context) -> str:
    """Ask with each form of an enumeration."""
    plain = ["option1", "option2", "option3"]
    ordinals = ["First", "Second", "Third"]
    options = [{"const": f"value{i}", "title": f"{nth} Option"} for i, nth in enumerate(ordinals, 1)]
    choices = [{"const": f"value{i}", "title": f"{nth} Choice"} for i, nth in enumerate(ordinals, 1)]
    fields = form(
        required=False,
        untitledSingle=text_field(enum=plain),
        titledSingle=text_field(oneOf=options),
        legacyEnum=text_field(enum=["opt1", "opt2", "opt3"], enumNames=["Option One", "Option Two", "Option Three"]),
        untitledMulti={"type": "array", "minItems": 1, "maxItems": 3, "items": text_field(enum=plain)},
        titledMulti={"type": "array", "minItems": 1, "maxItems": 3, "items": {"anyOf": choices}},
    )
    answer = await ctx.elicit("Please select options from the enum fields", fields)
    return f"Elicitation completed: {describe(answer)}"


@tool(structured=False)
async def test_missing_capability(ctx: Context) -> str:
    """Need sampling of a client that may not have declared it."""
    return said(await ctx.sample("Say anything.", max_tokens=10))


@tool(structured=False)
async def test_streaming_elicitation(ctx: Context) -> str:
    """Ask the user after something was sent on the way."""
    ctx.progress(1, 2, "About to ask")
    ctx.info("About to ask")
    return describe(await ctx.elicit("What is your name?", form(name=text_field()), key="user_name"))


# --- Asked by a result that requires input (2026-07-28) ---------------------------------------


@tool(structured=False)
async def test_input_required_result_elicitation(ctx: Context) -> str:
    """Ask for a name."""
    answer = await ctx.elicit("What is your name?", form(name=text_field()), key="user_name")
    return f"Hello, {(answer.content or {}).get('name')}!"


@tool(structured=False)
async def test_input_required_result_sampling(ctx: Context) -> str:
    """Ask the model for a capital."""
    answer = await ctx.sample("What is the capital of France?", max_tokens=100, key="capital_question")
    return said(answer)


@tool(structured=False)
async def test_input_required_result_list_roots(ctx: Context) -> str:
    """Ask for the client's roots."""
    answer = await ctx.list_roots(key="client_roots")
    return "Roots: " + ", ".join(str(root.uri) for root in answer.roots)


@tool(structured=False)
async def test_input_required_result_request_state(ctx: Context) -> str:
    """Need the state of the first round back in the second."""
    came_back = "asked" in ctx.state
    ctx.state["asked"] = "confirm"
    await ctx.elicit("Please confirm", form(ok={"type": "boolean"}), key="confirm")
    if not came_back:
        raise ToolError("The state of the first round did not come back.")
    return "state-ok"


@tool(structured=False)
async def test_input_required_result_multiple_inputs(ctx: Context) -> str:
    """Ask three kinds of questions at once."""
    ctx.state["asked"] = "three questions"
    answers = await ctx.ask(
        {
            "user_name": name_question(),
            "greeting": model_question("Generate a greeting", max_tokens=50),
            "client_roots": ListRootsRequest(),
        }
    )
    name, greeting, roots = (answers[key] for key in ("user_name", "greeting", "client_roots"))
    assert isinstance(name, ElicitResult)
    assert isinstance(greeting, CreateMessageResult)
    assert isinstance(roots, ListRootsResult)
    return f"{describe(name)}; {said(greeting)}; {len(roots.roots)} roots"


@tool(structured=False)
async def test_input_required_result_multi_round(ctx: Context) -> str:
    """Ask twice, one question after the other."""
    ctx.state["asked"] = "step1"
    name = await ctx.elicit("Step 1: What is your name?", form(name=text_field()), key="step1")
    ctx.state["asked"] = "step2"
    question = "Step 2: What is your favorite color?"
    color = await ctx.elicit(question, form(color=text_field()), key="step2")
    return f"{describe(name)}; {describe(color)}"


@tool(structured=False)
async def test_input_required_result_tampered_state(ctx: Context) -> str:
    """Have a state that a client may try to change."""
    ctx.state["asked"] = "confirm"
    answer = await ctx.elicit("Please confirm", form(ok={"type": "boolean"}), key="confirm")
    return describe(answer)


@tool(structured=False)
async def test_input_required_result_capabilities(ctx: Context) -> str:
    """Ask only what the client said it can answer."""
    questions: dict[str, ElicitRequest | CreateMessageRequest | ListRootsRequest] = {}
    if ctx.can("elicitation"):
        questions["user_name"] = name_question()
    if ctx.can("sampling"):
        questions["greeting"] = model_question("Generate a greeting", max_tokens=50)
    if not questions:
        raise ToolError("This client can answer nothing.")
    return f"Answered: {', '.join(await ctx.ask(questions))}"
