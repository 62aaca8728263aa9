"""Tables for people, and the page that they go into."""

from pathlib import Path
from typing import Any

from benchmarks.part import Part
from benchmarks.report import fill, markdown, print_part, table, write_page
from benchmarks.verdicts import at_least

RESULTS: dict[str, Any] = {
    "machine": {
        "date": "2026-11-21T10:00:00+00:00",
        "commit": "abc1234",
        "processor": "some processor",
        "cores": 2,
        "memory": "8 GB",
        "system": "Linux",
        "python": "3.11",
        "versions": {"mcp": "2.3.0"},
    },
    "rounds": 5,
    "seconds": 2,
    "connections": 16,
    "pinned": True,
    "servers": {"other": {"version": "1.0", "check": "a dict", "runs": "alone"}},
    "parts": {
        "calls": Part(
            "calls",
            "Calls",
            ("server", "rate", "p50"),
            [{"server": "other", "rate": 1234.5, "p50": 0.5}, {"server": "broken", "problem": "it fell over"}],
            [at_least("speed", 3.0, 2.0), at_least("thrift", 1.0, 2.0)],
            ["A note."],
        ).result()
    },
    "printed": {"ledger": "a table"},
}


def test_figures_have_the_digits_that_they_deserve() -> None:
    assert table(("server", "rate", "p50"), [{"server": "other", "rate": 1234.5, "p50": 0.5}]) == [
        ["other", "1,234", "0.50"]
    ]


def test_a_row_without_figures_says_why() -> None:
    assert table(("server", "rate"), [{"server": "broken", "problem": "it fell over"}]) == [["broken", "it fell over"]]


def test_a_part_is_a_table_with_its_notes() -> None:
    text = markdown(RESULTS["parts"]["calls"])

    assert "|  | calls/s | p50 ms |" in text
    assert "| other | 1,234 | 0.50 |" in text
    assert text.endswith("A note.")


def test_a_part_is_printed_for_people(capsys: Any) -> None:
    print_part(Part("calls", "Calls", ("server", "title", "rate"), [{"server": "a", "title": "b", "rate": 10.0}]))

    assert capsys.readouterr().out == "\nCalls\n      calls/s\na  b       10\n"


def test_only_what_is_marked_is_filled() -> None:
    page = "before\n<!-- begin x -->\nold\n<!-- end x -->\nafter\n"

    assert fill(page, {"x": "new", "y": "nowhere"}) == "before\n<!-- begin x -->\nnew\n<!-- end x -->\nafter\n"
    assert fill(page.replace("end x", "end z"), {"x": "new"}) == page.replace("end x", "end z")


def test_the_page_says_which_aims_were_missed(tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    sections = ("machine", "aims", "servers", "calls", "printed")
    page.write_text("".join(f"<!-- begin {name} -->\n<!-- end {name} -->\n" for name in sections))

    write_page(RESULTS, page)

    text = page.read_text()
    assert "2026-11-21, commit abc1234: some processor, 2 cores" in text
    assert "| speed | at least 2 times | 3.00 times | met |" in text
    assert "| thrift | at least 2 times | 1.00 times | **missed** |" in text
    assert "| other (1.0) | alone | a dict |" in text
    assert "```text\na table\n```" in text
