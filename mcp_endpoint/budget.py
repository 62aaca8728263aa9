"""Holds callers to the number of calls that an operator allows their connection."""

from mcp_endpoint.executor import run_at_gate
from oauth_bridge.budget import take_call
from oauth_bridge.principal import Principal


async def over_budget(principal: Principal) -> str | None:
    """Count a tool call of this caller; why it cannot be run, for the model to read, when the budget is used up.

    A result of the tool and no HTTP 429: clients take that for a server that is broken, and the model learns nothing.
    """
    if principal.budget is None:
        return None
    used_up = await run_at_gate(take_call, principal.connection_id, principal.budget)
    if used_up is None:
        return None
    return (
        f"This connection may call {used_up.limit} tools in a {used_up.period}, and has done so. "
        f"Try again in {used_up.wait} seconds, and not before. Whoever runs this server set the limit."
    )
