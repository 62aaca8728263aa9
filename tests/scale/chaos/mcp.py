"""What the clients of the chaos test call and watch."""

from pydantic import BaseModel

from mcp_endpoint import Context, resource, tool


class Word(BaseModel):
    """What is asked of a person."""

    word: str


@resource("news://{number}", name="news", mime_type="text/plain")
def news(number: str) -> str:
    """One piece of news."""
    return f"News number {number}"


@tool()
async def echo(number: int) -> str:
    """The number."""
    return f"{number}"


@tool()
async def confirm(ctx: Context, number: int) -> str:
    """The number and a word that the person gave."""
    answer = await ctx.elicit("Which word?", Word)
    return f"{number} {answer.content['word']}" if answer.content else answer.action


@tool()
async def announce(ctx: Context, number: int) -> str:
    """Tell everybody who watches this piece of news that it changed."""
    ctx.resource_updated(f"news://{number}", everyone=True)
    return f"{number}"
