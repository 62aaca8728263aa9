"""Tools that send something on the way: progress, logs, list changes, a closed stream."""

import asyncio

from mcp_endpoint import Context, tool

PAUSE = 0.05
"""Seconds between notifications, so that a client sees them arrive one by one."""


@tool(structured=False)
async def test_tool_with_progress(ctx: Context) -> str:
    """Report progress three times."""
    for done in (0, 50, 100):
        ctx.progress(done, 100, f"Completed step {done} of 100")
        await asyncio.sleep(PAUSE)
    return "Tool with progress executed successfully"


@tool(structured=False)
async def test_tool_with_logging(ctx: Context) -> str:
    """Log three messages."""
    for message in ("Tool execution started", "Tool processing data", "Tool execution completed"):
        ctx.info(message)
        await asyncio.sleep(PAUSE)
    return "Tool with logging executed successfully"


@tool(structured=False)
async def test_logging_tool(ctx: Context) -> str:
    """Log one message, which only a request that set a log level is sent."""
    ctx.info("A message for those who asked for messages")
    return "Logged"


@tool(structured=False)
async def test_trigger_tool_change(ctx: Context) -> str:
    """Announce that the list of tools changed."""
    ctx.tools_changed()
    return "Announced"


@tool(structured=False)
async def test_trigger_prompt_change(ctx: Context) -> str:
    """Announce that the list of prompts changed."""
    ctx.prompts_changed()
    return "Announced"


@tool(structured=False)
async def test_reconnection(ctx: Context) -> str:
    """Close the stream in the middle of the call; the result waits for the client that resumes."""
    ctx.close_stream()
    await asyncio.sleep(2 * PAUSE)
    return "Reconnection test completed successfully."
