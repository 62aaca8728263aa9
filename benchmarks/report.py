"""Prints the figures, and writes them into docs/performance.md: `python -m benchmarks.report` does so again."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.machine import ROOT, BenchError
from benchmarks.part import Part
from benchmarks.verdicts import Verdict, lines

PAGE = ROOT / "docs" / "performance.md"
HEADINGS = {
    "server": "",
    "title": "",
    "rate": "calls/s",
    "of hello": "of hello",
    "cpu": "CPU µs",
    "p50": "p50 ms",
    "p99": "p99 ms",
}
LONGEST_PROBLEM = 100
"""Characters of why there are no figures; all of it is in the file of results."""
FORMS = {"rate": ",.0f", "cpu": ",.0f", "p50": ".2f", "p99": ".2f", "of hello": ".1%"}


def print_part(part: Part) -> None:
    """A table for people."""
    cells = [[heading(name) for name in part.columns], *table(part.columns, part.rows)]
    widths = [max(len(row[at]) for row in cells) for at in range(len(part.columns))]
    print(f"\n{part.title}")
    for row in cells:
        # Words to the left, figures to the right.
        print("  ".join(f"{cell:{'<' if at < 2 else '>'}{widths[at]}}" for at, cell in enumerate(row)).rstrip())
    for note in part.notes:
        print(note)


def print_verdicts(verdicts: Iterable[Verdict]) -> None:
    """Every aim beside its figure."""
    print("\nAims")
    print("\n".join(lines(verdicts)), flush=True)


def heading(name: str) -> str:
    """What a column is called."""
    return HEADINGS.get(name, name)


def table(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> list[list[str]]:
    """The cells of a table as text; a row without figures says why in its last cell."""
    return [
        [cell(name, row.get(name)) for name in columns[:-1]]
        + [cell(columns[-1], str(row.get("problem", ""))[:LONGEST_PROBLEM] or row.get(columns[-1]))]
        for row in rows
    ]


def cell(name: str, value: object) -> str:
    """One value as text."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return format(value, FORMS.get(name, ",.2f" if isinstance(value, float) else ","))


# --- The page ---------------------------------------------------------------------------------


def markdown(part: Mapping[str, Any]) -> str:
    """The table of a part, and its aims."""
    columns = part["columns"]
    rows = [[heading(name) for name in columns], ["---", *["---:" for _ in columns[1:]]], *table(columns, part["rows"])]
    text = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    notes = "".join(f"\n\n{note}" for note in part["notes"])
    return text + notes


def aims(parts: Mapping[str, Any]) -> str:
    """All aims, with what came of them."""
    rows = ["| aim | | figure | |", "|---|---|---:|---|"]
    for part in parts.values():
        for each in part["verdicts"]:
            word = "met" if each["met"] else "**missed**"
            rows.append(f"| {each['what']} | {each['aim']} | {each['figure']} | {word} |")
    return "\n".join(rows)


def machine(results: Mapping[str, Any]) -> str:
    """What it was measured on."""
    known = results["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in known["versions"].items())
    place = "one core for the server and another for the load" if results["pinned"] else "server and load share cores"
    return (
        f"{known['date'][:10]}, commit {known['commit']}: {known['processor']}, {known['cores']} cores "
        f"({place}), {known['system']}, Python {known['python']}, {versions}. "
        f"Medians of {results['rounds']} rounds of {results['seconds']} s, {results['connections']} connections."
    )


def servers(results: Mapping[str, Any]) -> str:
    """What each server is and does."""
    rows = ["| server | how it runs | what it does with the token |", "|---|---|---|"]
    for name, each in results["servers"].items():
        version = f" ({each['version']})" if each["version"] else ""
        rows.append(f"| {name}{version} | {each['runs']} | {each['check']} |")
    return "\n".join(rows)


def fill(page: str, sections: Mapping[str, str]) -> str:
    """The page with each `<!-- begin NAME -->` … `<!-- end NAME -->` filled anew; the rest is left as it is."""
    for name, text in sections.items():
        begin, end = f"<!-- begin {name} -->", f"<!-- end {name} -->"
        before, found, rest = page.partition(begin)
        _, ended, after = rest.partition(end)
        if found and ended:
            page = f"{before}{begin}\n{text}\n{end}{after}"
    return page


def write_page(results: Mapping[str, Any], page: Path = PAGE) -> None:
    """Put the figures of a run into the page."""
    parts = results["parts"]
    sections = {"machine": machine(results), "servers": servers(results), "aims": aims(parts)}
    sections |= {key: markdown(part) for key, part in parts.items()}
    sections["printed"] = "\n\n".join(f"```text\n{text}\n```" for text in results.get("printed", {}).values())
    page.write_text(fill(page.read_text(), sections))


if __name__ == "__main__":
    results_file = ROOT / "benchmarks" / "results.json"
    if not results_file.is_file():
        raise SystemExit(str(BenchError("There is no benchmarks/results.json: run make bench first.")))
    write_page(json.loads(results_file.read_text()))
