"""Protected resources for these tests, so that they need no room above."""

from oauth_bridge.resources import ProtectedResource, Scope, ToolSummary

RESOURCE = "http://localhost:8000/mcp"
OTHER_RESOURCE = "http://localhost:8000/reports"

_GREET = ToolSummary("greet", "Greet", "Says hello.", "read")
_WRITE = ToolSummary("write_note", "Write a note", "Adds a note.", "write")
_DELETE = ToolSummary("delete_note", "", "Deletes a note.", "destructive")


def protected_resources() -> list[ProtectedResource]:
    """Two resources; the first has a default scope, two further ones, and an older transport's path."""
    return [
        ProtectedResource(
            uri=RESOURCE,
            path="/mcp",
            title="Test server",
            scopes=(
                Scope("mcp", "Use the tools of this server", default=True, tools=(_GREET,)),
                Scope("notes:read", "Read your notes", default=False),
                Scope("notes:write", "Write your notes", default=False, tools=(_WRITE, _DELETE)),
            ),
            aliases=("/sse",),
        ),
        ProtectedResource(
            uri=OTHER_RESOURCE,
            path="/reports",
            title="Reports",
            scopes=(Scope("reports", "Read reports", default=True),),
        ),
    ]


def public_resources() -> list[ProtectedResource]:
    """A resource of a public site."""
    return [ProtectedResource(uri="https://mcp.example.org/mcp", path="/mcp", title="Public", scopes=())]
