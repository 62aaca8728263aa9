"""The ledger: who called which tool when, and what came of it. Written beside the event loop, read by people."""

from mcp_endpoint.ledger.reading import clear_old_calls, recent_calls, recent_calls_of_client
from mcp_endpoint.ledger.records import Record, begin, refuse, stop

__all__ = ["Record", "begin", "clear_old_calls", "recent_calls", "recent_calls_of_client", "refuse", "stop"]
