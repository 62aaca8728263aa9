"""The peer "Python SDK": its own server class and session manager, behind its own bearer check.

The token is looked up in a dict. Answers are JSON rather than event streams: its fastest mode in both eras.
"""

import os

from mcp.server.auth.provider import AccessToken
from mcp.server.auth.settings import AuthSettings
from mcp.server.mcpserver import MCPServer
from pydantic import AnyHttpUrl

from benchmarks.peers.tools import listed

TOKENS = {os.environ["BENCH_TOKEN"]: "bench"}


class Tokens:
    """Knows one token, as the SDK wants to be told of it."""

    async def verify_token(self, token: str) -> AccessToken | None:
        """Whose token this is; None for one that is not known."""
        client = TOKENS.get(token)
        return client and AccessToken(token=token, client_id=client, scopes=["mcp"], subject="1")


server = MCPServer(
    "bench",
    log_level="WARNING",
    token_verifier=Tokens(),
    auth=AuthSettings(
        issuer_url=AnyHttpUrl("http://localhost"),
        resource_server_url=AnyHttpUrl("http://localhost/mcp"),
        required_scopes=["mcp"],
    ),
)


async def greet(name: str) -> str:
    """Greet somebody."""
    return f"Hello, {name}!"


for name, function in listed(greet):
    server.tool(name=name)(function)
app = server.streamable_http_app(json_response=True, max_sessions=None)
