"""Rows as calls would leave them."""

import time
from typing import Any

from mcp_endpoint.ledger.rows import Row


def row(**known: Any) -> Row:
    """The row of a call, with some of it said."""
    usual = Row(
        called_at=time.time(),
        user_id=1,
        user_name="alice",
        client_id="client",
        client_name="Tests",
        connection_id=1,
        endpoint="default",
        tool="greet",
        outcome="ok",
        error="",
        duration_ms=1.5,
        request_bytes=100,
        answer_bytes=200,
        era="2026-07-28",
        request_id="1",
        arguments='["name"]',
        forwarded="",
        peer="192.0.2.1",
    )
    return usual._replace(**known)
