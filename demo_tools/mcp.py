"""Tools, a prompt and a resource that show what a tools app can do; more are in `notes.py` and `github.py`."""

import asyncio
from typing import Annotated

from pydantic import BaseModel, Field

from demo_tools import github, notes
from mcp_endpoint import Context, ToolError, completion, prompt, resource, tool

# Only `mcp.py` is looked for at start-up: importing a module is what declares its tools.
__all__ = ["github", "notes"]

LONGEST_STREAM_SECONDS = 600


class Caller(BaseModel):
    """Who calls, through which client, with which rights."""

    user: str
    client: str
    scopes: list[str]


@tool(read_only=True)
async def greet(name: str) -> str:
    """Greet somebody."""
    return f"Hello, {name}!"


@tool(read_only=True)
def multi_greet(ctx: Context, name: str) -> str:
    """Greet somebody several times: notifications on the way, the last greeting as the result."""
    for number, greeting in enumerate(("Hello", "Good to see you", "Welcome back"), start=1):
        ctx.progress(number, 3, greeting)
        ctx.info(f"{greeting}, {name}!")
    return f"Good bye, {name}!"


@tool(read_only=True)
def add(a: float, b: float) -> float:
    """Add two numbers."""
    return a + b


@tool(read_only=True)
def divide(a: float, b: float) -> float:
    """Divide a by b."""
    if b == 0:
        raise ToolError("Cannot divide by zero: give b another value.")
    return a / b


@tool(read_only=True)
def whoami(ctx: Context) -> Caller:
    """Say who is signed in, through which client, and with which scopes."""
    return Caller(user=ctx.user.get_username(), client=ctx.client_name, scopes=sorted(ctx.scopes))


@tool(read_only=True)
async def count(ctx: Context, number: Annotated[int, Field(ge=1, le=LONGEST_STREAM_SECONDS)]) -> str:
    """Count to a number: one progress and one log notification per second."""
    return await count_up(ctx, number, seconds=1)


async def count_up(ctx: Context, number: int, seconds: float) -> str:
    """Count to `number` with a notification of both kinds and a pause of `seconds` for each step."""
    for step in range(1, number + 1):
        await asyncio.sleep(seconds)
        ctx.progress(step, number, f"{step} of {number}")
        ctx.info(f"Counted to {step}")
    return f"Counted to {number}"


@tool(read_only=True)
async def notification_stream(
    ctx: Context,
    interval: Annotated[int, Field(ge=1, le=60_000, description="Milliseconds between notifications")] = 100,
    count: Annotated[int, Field(ge=1, le=10_000, description="How many notifications")] = 10,
) -> str:
    """Send log notifications at a regular interval."""
    if interval * count > LONGEST_STREAM_SECONDS * 1000:
        raise ToolError(f"A stream lasts {LONGEST_STREAM_SECONDS} seconds at most: lower interval or count.")
    for number in range(1, count + 1):
        await asyncio.sleep(interval / 1000)
        ctx.info(f"Notification {number} of {count}")
    return f"Sent {count} notifications"


@prompt(name="greeting-template", title="Greeting", description="Ask for a friendly greeting of somebody.")
def greeting_template(name: str) -> str:
    """Ask for a greeting."""
    return f"Please greet {name} in a friendly manner."


@completion(prompt="greeting-template", argument="name")
def complete_name(value: str, ctx: Context) -> list[str]:
    """Names that begin with what was typed: the caller's own, then some for everybody."""
    own = [ctx.user.first_name, ctx.user.get_username()]
    names = dict.fromkeys([*own, "everybody", "friend", "world"])
    return [name for name in names if name and name.casefold().startswith(value.casefold())]


@resource("greetings://default", name="greetings/default", title="Default greeting", mime_type="text/plain")
def default_greeting() -> str:
    """A greeting that needs no name."""
    return "Hello, world!"
