"""The tools that every server of a benchmark has, declared as any tools app does."""

from django.contrib.auth.models import Group

from benchmarks.peers.tools import LISTED, listed
from mcp_endpoint import Context, tool

NAME = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}


async def greet(name: str) -> str:
    """Greet somebody."""
    return f"Hello, {name}!"


for name, function in listed(greet):
    tool(name=name, read_only=True)(function)

if not LISTED:

    @tool(read_only=True)
    async def ask_name(ctx: Context) -> str:
        """Ask for a name, and greet."""
        answer = await ctx.elicit("What is your name?", NAME)
        return f"Hello, {(answer.content or {}).get('name', 'nobody')}!"

    @tool(read_only=True)
    def find_group(name: str) -> str:
        """Find a group of users by its name."""
        group = Group.objects.get(name=name)
        return f"{group.name} is group {group.pk}"
