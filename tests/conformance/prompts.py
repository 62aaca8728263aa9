"""Prompts of each kind, a completion, and a prompt that asks back."""

from mcp_types import ImageContent, PromptMessage, TextContent

from mcp_endpoint import Context, completion, prompt
from tests.conformance.content import embed
from tests.conformance.dialogue import form, text_field
from tests.conformance.media import PNG


@prompt(name="test_simple_prompt", title="Simple")
def simple_prompt() -> str:
    """A prompt without arguments."""
    return "This is a simple prompt for testing."


@prompt(name="test_prompt_with_arguments", title="With arguments")
def prompt_with_arguments(arg1: str, arg2: str) -> str:
    """A prompt with two required arguments."""
    return f"Prompt with arguments: arg1='{arg1}', arg2='{arg2}'"


@completion(prompt="test_prompt_with_arguments", argument="arg1")
def complete_arg1(value: str) -> list[str]:
    """Words that begin with what was typed."""
    return [word for word in ("paris", "park", "party", "test") if word.startswith(value)]


@prompt(name="test_prompt_with_embedded_resource", title="With embedded resource")
def prompt_with_embedded_resource(resourceUri: str) -> list[PromptMessage]:  # noqa: N803  (the suite's argument)
    """A prompt that carries a resource."""
    resource = embed(resourceUri, "text/plain", "Embedded resource content for testing.")
    return [
        PromptMessage(role="user", content=resource),
        PromptMessage(role="user", content=text("Please process the embedded resource above.")),
    ]


@prompt(name="test_prompt_with_image", title="With image")
def prompt_with_image() -> list[PromptMessage]:
    """A prompt that carries an image."""
    image = ImageContent(type="image", data=PNG, mime_type="image/png")
    return [
        PromptMessage(role="user", content=image),
        PromptMessage(role="user", content=text("Please analyze the image above.")),
    ]


@prompt(name="test_input_required_result_prompt", title="Asks back")
async def prompt_that_asks(ctx: Context) -> str:
    """A prompt that needs an answer of the user first."""
    question = "What context should the prompt use?"
    answer = await ctx.elicit(question, form(context=text_field()), key="user_context")
    return f"Prompt with context: {(answer.content or {}).get('context')}"


def text(content: str) -> TextContent:
    """A text block."""
    return TextContent(type="text", text=content)
