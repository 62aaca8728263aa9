"""Settings of how much the MCP Endpoint takes on, and how long it waits. `mcp_endpoint.conf` reads them."""

from typing import Any

from mcpsite.environment import Environment


def limit_settings(env: Environment) -> dict[str, Any]:
    """Each has a line in docs/settings.md."""
    return {
        "MCP_BODY_LIMIT": env.int("MCP_BODY_LIMIT", default=4 * 1024 * 1024),
        "MCP_THREADS": env.int("MCP_THREADS", default=16),
        "MCP_SESSION_IDLE": env.int("MCP_SESSION_IDLE", default=24 * 3600),
        "MCP_MAX_SESSIONS": env.int("MCP_MAX_SESSIONS", default=50_000),
        "MCP_MAX_SESSIONS_PER_USER": env.int("MCP_MAX_SESSIONS_PER_USER", default=1_000),
        "MCP_MAX_STREAMS": env.int("MCP_MAX_STREAMS", default=10_000),
        "MCP_MAX_STREAMS_PER_USER": env.int("MCP_MAX_STREAMS_PER_USER", default=250),
        "MCP_MAX_CALLS": env.int("MCP_MAX_CALLS", default=2_000),
        "MCP_MAX_CALLS_PER_USER": env.int("MCP_MAX_CALLS_PER_USER", default=250),
        "MCP_STREAM_BUFFER": env.int("MCP_STREAM_BUFFER", default=4 * 1024 * 1024),
        "MCP_SEND_TIMEOUT": env.int("MCP_SEND_TIMEOUT", default=30),
        "MCP_STOP_GRACE": env.int("MCP_STOP_GRACE", default=8),
        "MCP_EVENT_TTL": env.int("MCP_EVENT_TTL", default=300),
        "MCP_KEEP_ALIVE": env.int("MCP_KEEP_ALIVE", default=15),
        "MCP_ASK_TIMEOUT": env.int("MCP_ASK_TIMEOUT", default=600),
    }
