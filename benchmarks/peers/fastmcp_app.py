"""The peer "FastMCP": its own HTTP app behind a token verifier.

The token is looked up in a dict. Answers are JSON rather than event streams: its fastest mode in both eras.
"""

import os

from fastmcp import FastMCP
from fastmcp.server.auth.providers.jwt import StaticTokenVerifier

from benchmarks.peers.tools import listed

verifier = StaticTokenVerifier(
    {os.environ["BENCH_TOKEN"]: {"client_id": "bench", "scopes": ["mcp"], "sub": "1"}}, required_scopes=["mcp"]
)
server = FastMCP("bench", auth=verifier)


async def greet(name: str) -> str:
    """Greet somebody."""
    return f"Hello, {name}!"


for name, function in listed(greet):
    server.tool(function, name=name)
app = server.http_app(path="/mcp", json_response=True)
