"""The way to the database: in batches, never in the way, and with nothing lost that there was room for."""

import asyncio
import logging
import math
import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from itertools import count

import pytest
from django.db import DataError, OperationalError

from mcp_endpoint.ledger.rows import Row
from mcp_endpoint.ledger.writer import Writer
from oauth_bridge import background_writer as writing
from tests.mcp_endpoint.ledger.conftest import Book
from tests.mcp_endpoint.ledger.samples import row


@pytest.fixture
def writer(book: Book) -> Iterator[Writer]:
    """A writer of the test's own. It leaves nothing that another test's database would be given."""
    made = Writer()
    yield made
    book.trouble = lambda rows: None
    made.stop()


def fails(error: Exception, times: float = math.inf) -> Callable[[Sequence[Row]], None]:
    """A database that refuses so many times."""
    asked = count(1)

    def trouble(rows: Sequence[Row]) -> None:
        if next(asked) <= times:
            raise error

    return trouble


def numbers(rows: Sequence[Row]) -> list[int]:
    return [int(each.request_id) for each in rows]


class TestInOrder:
    def test_rows_are_written_in_the_order_of_their_calls(self, writer: Writer, book: Book) -> None:
        for number in range(3000):
            writer.add(row(request_id=str(number)))
        writer.stop()
        assert numbers(book.rows) == list(range(3000))

    def test_no_batch_is_larger_than_a_thousand(self, writer: Writer, book: Book) -> None:
        for _ in range(2500):
            writer.add(row())
        writer.stop()
        assert max(book.batches) <= 1000

    def test_rows_of_one_moment_share_a_batch(
        self, writer: Writer, book: Book, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(writing, "LINGER", 3600)
        for _ in range(100):
            writer.add(row())
        writer.stop()
        assert book.batches == [100]

    @pytest.mark.skipif(sys.platform != "linux", reason="Threads have a priority of their own on Linux alone.")
    def test_the_thread_gives_way_to_those_that_answer(self, writer: Writer, book: Book) -> None:
        nice: list[int] = []
        book.trouble = lambda rows: nice.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))
        writer.add(row())
        writer.stop()
        own = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
        assert nice == [min(own + writing.NICENESS, 19)]

    def test_a_row_that_comes_after_the_stop_is_written_all_the_same(self, writer: Writer, book: Book) -> None:
        writer.add(row(request_id="1"))
        writer.stop()
        writer.add(row(request_id="2"))
        writer.stop()
        assert numbers(book.rows) == [1, 2]

    def test_a_stop_without_rows_needs_no_thread(self, writer: Writer) -> None:
        before = threading.active_count()
        writer.stop()
        assert threading.active_count() == before

    def test_no_thread_is_left_after_the_stop(self, writer: Writer, book: Book) -> None:
        before = threading.active_count()
        writer.add(row())
        writer.stop()
        assert threading.active_count() == before


class TestWhileTheDatabaseIsAway:
    def test_rows_are_kept_until_it_is_back(self, writer: Writer, book: Book) -> None:
        book.trouble = fails(OperationalError("no server"), times=3)
        for number in range(5):
            writer.add(row(request_id=str(number)))
        writer.stop()
        assert numbers(book.rows) == list(range(5))

    def test_the_log_says_so_once(self, writer: Writer, book: Book, caplog: pytest.LogCaptureFixture) -> None:
        book.trouble = fails(OperationalError("no server\nwith details"), times=5)
        with caplog.at_level(logging.WARNING, "mcp_endpoint"):
            writer.add(row())
            writer.stop()
        assert [record.getMessage() for record in caplog.records] == [
            "The ledger cannot be written (no server). Calls are kept until the database is back.",
            "The ledger is written again; 0 calls were dropped meanwhile.",
        ]

    def test_what_finds_no_room_is_dropped_and_counted(
        self, writer: Writer, book: Book, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        monkeypatch.setattr(writing, "ROOM", 10)
        tried, back = threading.Event(), threading.Event()

        def trouble(rows: Sequence[Row]) -> None:
            tried.set()
            if not back.is_set():
                raise OperationalError("no server")

        book.trouble = trouble
        with caplog.at_level(logging.WARNING, "mcp_endpoint"):
            writer.add(row(request_id="0"))
            assert tried.wait(5)
            for number in range(1, 50):
                writer.add(row(request_id=str(number)))
            back.set()
            writer.stop()
        said = [record.getMessage() for record in caplog.records]
        assert len([line for line in said if "no room" in line]) == 1
        assert said[-1] == f"The ledger is written again; {50 - len(book.rows)} calls were dropped meanwhile."
        assert len(book.rows) < 50

    def test_a_stop_gives_up_in_the_end_and_says_what_is_lost(
        self, writer: Writer, book: Book, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        monkeypatch.setattr(writing, "PATIENCE", 0.05)
        book.trouble = fails(OperationalError("no server"))
        with caplog.at_level(logging.ERROR, "mcp_endpoint"):
            writer.add(row())
            writer.add(row())
            writer.stop()
        assert "The ledger's last 2 calls are lost: the database is away." in caplog.text
        book.trouble = lambda rows: None
        writer.stop()

    def test_the_log_has_neither_arguments_nor_names(
        self, writer: Writer, book: Book, caplog: pytest.LogCaptureFixture
    ) -> None:
        book.trouble = fails(OperationalError("no server"), times=1)
        writer.add(row(arguments='{"secret": "7f3a"}', user_name="alice"))
        writer.stop()
        assert "7f3a" not in caplog.text
        assert "alice" not in caplog.text


class TestARowThatCannotBeWritten:
    @pytest.mark.parametrize("error", [DataError("out of range"), ValueError("NUL"), OverflowError("too large")])
    def test_keeps_no_other_from_being_written(
        self, writer: Writer, book: Book, error: Exception, caplog: pytest.LogCaptureFixture
    ) -> None:
        def trouble(rows: Sequence[Row]) -> None:
            if any(each.tool == "bad" for each in rows):
                raise error

        book.trouble = trouble
        for number in range(5):
            writer.add(row(request_id=str(number), tool="bad" if number == 2 else "greet"))
        writer.stop()
        assert numbers(book.rows) == [0, 1, 3, 4]
        assert "A call of the tool 'bad' cannot be written" in caplog.text

    def test_is_no_reason_to_write_another_twice(self, writer: Writer, book: Book) -> None:
        """The database goes away while the rows of a bad batch are written one by one."""
        fails_once = fails(OperationalError("no server"), times=1)

        def trouble(rows: Sequence[Row]) -> None:
            if any(each.tool == "bad" for each in rows):
                raise DataError("out of range")
            if rows[0].request_id == "1":
                fails_once(rows)

        book.trouble = trouble
        for number in range(3):
            writer.add(row(request_id=str(number), tool="bad" if number == 2 else "greet"))
        writer.stop()
        assert numbers(book.rows) == [0, 1]


class TestWaitingForACommit:
    async def test_ends_when_the_row_is_written(self, writer: Writer, book: Book) -> None:
        assert await writer.commit(row())
        assert len(book.rows) == 1

    async def test_does_not_linger(self, writer: Writer, book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(writing, "LINGER", 3600)
        async with asyncio.timeout(30):
            assert await writer.commit(row())

    async def test_is_shared_by_calls_of_one_moment(self, writer: Writer, book: Book) -> None:
        assert all(await asyncio.gather(*(writer.commit(row()) for _ in range(500))))
        assert len(book.batches) < 250

    async def test_ends_in_vain_when_the_database_is_away(self, writer: Writer, book: Book) -> None:
        book.trouble = fails(OperationalError("no server"))
        assert not await writer.commit(row())

    async def test_ends_in_vain_when_there_is_no_room(
        self, writer: Writer, book: Book, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(writing, "ROOM", 0)
        assert not await writer.commit(row())

    async def test_ends_in_vain_for_a_row_that_cannot_be_written(self, writer: Writer, book: Book) -> None:
        book.trouble = fails(DataError("out of range"))
        assert not await writer.commit(row())

    def test_of_an_event_loop_that_is_over_stops_nothing(self, writer: Writer, book: Book) -> None:
        async def give_up() -> None:
            asyncio.ensure_future(writer.commit(row(request_id="1")))  # noqa: RUF006
            await asyncio.sleep(0)

        asyncio.run(give_up())
        writer.add(row(request_id="2"))
        writer.stop()
        assert numbers(book.rows) == [1, 2]
