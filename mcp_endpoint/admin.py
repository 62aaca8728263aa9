"""What this room has in Django admin: the ledger."""

from mcp_endpoint.ledger.admin import ToolCallAdmin

__all__ = ["ToolCallAdmin"]
