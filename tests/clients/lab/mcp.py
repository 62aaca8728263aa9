"""Tools that ask the client, raise, wait for the end of the call, or change what others watch."""

import asyncio

from pydantic import BaseModel

from mcp_endpoint import Context, ToolError, completion, prompt, resource, scope, tool
from tests.clients.lab import upstream

__all__ = ["upstream"]
NOTEBOOK = "lab://notebook"
SECRET = "the-flask-held-7f3a"

scope("lab:erase", "Erase the laboratory's notebook", default=False)

_pages: list[str] = ["First page"]
_cancelled: list[str] = []


class Name(BaseModel):
    """What is asked of a person."""

    name: str


@resource(NOTEBOOK, name="notebook", mime_type="text/plain")
def notebook() -> str:
    """The notebook, as last written."""
    return _pages[-1]


@resource("lab://samples/{name}", name="sample", mime_type="text/plain")
def sample(name: str) -> str:
    """A sample."""
    return f"A sample of {name}"


@prompt()
def experiment(substance: str) -> str:
    """Plan an experiment."""
    return f"Plan an experiment with {substance}."


@completion(prompt="experiment", argument="substance")
def complete_substance(value: str) -> list[str]:
    """Substances that begin with what was typed."""
    return [name for name in ("copper", "cobalt", "zinc") if name.startswith(value)]


@tool()
def write(ctx: Context, text: str) -> str:
    """Write into the notebook and tell whoever watches it."""
    _pages.append(text)
    ctx.resource_updated(NOTEBOOK)
    return text


@tool()
async def touch(ctx: Context, uri: str) -> str:
    """Tell whoever watches a resource that it changed."""
    ctx.resource_updated(uri)
    return uri


@tool(scope=["mcp", "lab:erase"])
def erase() -> str:
    """Erase the notebook."""
    return "erased"


@tool()
def explode() -> str:
    """Raise what nobody expected."""
    raise RuntimeError(SECRET)


@tool()
async def explode_later() -> str:
    """The same, from a coroutine."""
    raise RuntimeError(SECRET)


@tool()
def refuse() -> str:
    """Fail in words that the model can read."""
    raise ToolError("The laboratory is closed.")


@tool()
def steps(ctx: Context, number: int) -> str:
    """Send `number` progress and log notifications at once, from a thread."""
    for step in range(1, number + 1):
        ctx.progress(step, number, f"step {step}")
        ctx.info(f"step {step}")
    return "done"


@tool()
async def slow_steps(ctx: Context, number: int) -> str:
    """Send log notifications with a breath between them."""
    for step in range(1, number + 1):
        ctx.info(f"step {step}")
        await asyncio.sleep(0.3)
    return "done"


@tool()
async def wait_forever(ctx: Context, label: str) -> str:
    """Wait until the call is cancelled, and keep the label of one that was."""
    ctx.progress(1, 2, "waiting")
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        _cancelled.append(label)
        raise
    return "never"


@tool()
def was_cancelled(label: str) -> bool:
    """Whether the call with that label was cancelled."""
    return label in _cancelled


@tool()
async def ask_name(ctx: Context) -> str:
    """Ask the person for a name."""
    answer = await ctx.elicit("What is your name?", Name)
    return f"{answer.action}: {answer.content['name']}" if answer.content else answer.action


@tool()
def ask_name_from_thread(ctx: Context) -> str:
    """The same, from a plain function."""
    answer = ctx.wait(ctx.elicit("What is your name?", Name))
    return f"{answer.action}: {answer.content['name']}" if answer.content else answer.action


@tool()
async def ask_model(ctx: Context) -> str:
    """Ask the client's model."""
    answer = await ctx.sample("Say something", max_tokens=10)
    return str(getattr(answer.content, "text", answer.content))


@tool()
async def ask_roots(ctx: Context) -> list[str]:
    """Ask for the client's roots."""
    return [str(root.uri) for root in (await ctx.list_roots()).roots]


@tool()
async def hang_up(ctx: Context) -> str:
    """Close the stream half-way, so that the client must come back for the rest."""
    ctx.info("before")
    ctx.close_stream()
    ctx.info("after")
    return "finished"
