"""The ledger's way to the database: beside the event loop."""

from collections.abc import Sequence

from mcp_endpoint.ledger.rows import Row, insert
from oauth_bridge.background_writer import BackgroundWriter, Words


class Writer(BackgroundWriter[Row]):
    """Writes calls."""

    def __init__(self) -> None:
        super().__init__(_insert, lambda row: f"A call of the tool {row.tool!r}", Words("ledger", "calls"))


def _insert(rows: Sequence[Row]) -> None:
    insert(rows)


writer = Writer()
"""The one of this process."""
