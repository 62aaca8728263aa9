"""Sessions as clients begin them."""

from mcp_endpoint.state.sessions import SessionRecord


def record(owner: str = "1:client") -> SessionRecord:
    """A new session of somebody's client."""
    return SessionRecord(owner, "default", "2025-11-25", {"name": "tests", "version": "1"}, {"roots": {}})
