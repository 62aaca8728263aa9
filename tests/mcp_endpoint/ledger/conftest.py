"""A ledger whose rows a test can read, in place of the database."""

from collections.abc import Callable, Iterator, Sequence

import pytest
from pytest_django import Settings

from mcp_endpoint import ledger
from mcp_endpoint.ledger import writer as writing
from mcp_endpoint.ledger.rows import Row
from oauth_bridge import background_writer
from tests.mcp_endpoint.conftest import Site


class Book:
    """What was written so far. A test may say what the database does with the next rows."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.batches: list[int] = []
        self.trouble: Callable[[Sequence[Row]], None] = lambda rows: None
        """Called before rows are written; raises what the database would."""

    def insert(self, rows: Sequence[Row]) -> None:
        self.trouble(rows)
        self.rows += rows
        self.batches.append(len(rows))

    @property
    def only(self) -> Row:
        """The one row that there is, once everything was written."""
        ledger.stop()
        (row,) = self.rows
        return row


@pytest.fixture
def book(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Book]:
    """The ledger, switched on."""
    settings.MCP_LEDGER = "on"
    made = Book()
    monkeypatch.setattr(writing, "insert", made.insert)
    monkeypatch.setattr(background_writer, "RETRY", 0.01)
    monkeypatch.setattr(background_writer, "LINGER", 0.01)
    yield made
    made.trouble = lambda rows: None
    ledger.stop()


@pytest.fixture
def kept(site: Site, book: Book) -> Site:
    """A site that keeps a ledger."""
    return site
