"""What MCP clients may do: tools, resources and prompts that apps declare, served over every protocol version."""

from mcp_endpoint.context import Context
from mcp_endpoint.declarations import completion, prompt, resource, scope, tool
from mcp_endpoint.errors import ToolError

__all__ = ["Context", "ToolError", "completion", "prompt", "resource", "scope", "tool"]
