"""What the ledger's pages cost an operator with a million rows: part of `make bench`.

On an SQLite file, and on PostgreSQL where TEST_DATABASE_URL names a server. In one process, without HTTP.
`benchmarks/ledger_pages.py 30000` takes another number of rows.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.ledger_rows import DAYS, fill  # noqa: E402
from tests.live_database import fresh_database  # noqa: E402  (the project is importable only from here on)

ROWS = 1_000_000
ROUNDS = 7
AIM = 100
"""Milliseconds of the overview."""
FILTERS = {
    "by outcome (3 in 100)": "outcome__exact=crashed",
    "by outcome (1 in 1,000)": "outcome__exact=refused",
    "by outcome (none)": "outcome__exact=asked",
    "by era (1 in 1,000)": "era=2024-11-05",
    "by tool (1 in 40)": "tool=tool7",
    "by tool and outcome": "tool=tool7&outcome__exact=crashed",
    "by user": "user_id__exact=7",
    "by user and outcome": "user_id__exact=7&outcome__exact=crashed",
    "by client": "client_id__exact=client7",
    "by a day": "{day}",
    "by what there is none of": "endpoint=none",
    "a search for a tool": "q=tool7",
    "a search for a client": "q=client7",
    "a search for a user": "q=user7",
    "a search for a request": "q={request}",
    "a search that finds nothing": "q=nothing",
    "a search, by outcome": "q=tool7&outcome__exact=crashed",
}


def main(rows: int) -> None:
    """Measure on each database, in a process of its own: a process has one."""
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        measure_apart(f"sqlite:///{directory}/db.sqlite3", rows)
    if os.environ.get("TEST_DATABASE_URL", "").startswith("postgres"):
        with fresh_database() as url:
            measure_apart(url, rows)


def measure_apart(url: str, rows: int) -> None:
    env = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "mcpsite.settings",
        "DATABASE_URL": url,
        "PUBLIC_URL": "http://localhost:8000",
        "SECRET_KEY": "one-benchmark-only-" + "0" * 50,
        "DEBUG": "False",
    }
    subprocess.run([sys.executable, __file__, str(rows), "here"], env=env, check=True)


def measure(rows: int) -> None:
    """Fill the database of this process and print what each page takes."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection
    from django.test import Client
    from django.urls import reverse

    from accounts.models import User
    from benchmarks.ledger_rows import USERS
    from mcp_endpoint.ledger.overview import overview
    from mcp_endpoint.ledger.reading import learn_distribution
    from mcp_endpoint.models import ToolCall

    call_command("migrate", verbosity=0)
    rate = fill(rows)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")  # as its own daemon does after a while
    learn_distribution()  # as the daily clean-up does
    operator = Client(SERVER_NAME="localhost")
    operator.force_login(User.objects.create_superuser("operator"))
    User.objects.bulk_create([User(username=f"user{number}") for number in range(USERS)])
    ledger = reverse("admin:mcp_endpoint_toolcall_changelist")
    name = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}[connection.vendor]
    written = ToolCall.objects.count()
    print(f"\nThe ledger's pages on {name}: {written:,} rows of {DAYS} days; its writer writes {rate:,.0f}/s")
    print(f"{'':44}{'p50 ms':>9}{'max ms':>9}{'SQL ms':>9}{'statements':>12}{'aim ms':>8}")
    report("overview alone", lambda: overview(with_connections=True), aim=AIM)
    report("front page with the overview", lambda: page(operator, reverse("admin:index")))
    report("list, first page", lambda: page(operator, ledger))
    report("list, last page that can be leafed to", lambda: page(operator, f"{ledger}?p=10"))
    middle = ToolCall.objects.order_by("called_at")[written // 2]
    day = "&".join(f"called_at__{part}={getattr(middle.called_at, part)}" for part in ("year", "month", "day"))
    for label, query in FILTERS.items():
        url = f"{ledger}?{query.format(day=day, request=middle.request_id)}"
        report(f"list, {label}", lambda url=url: page(operator, url))
    for kind in ("csv", "json"):
        url = reverse("admin:mcp_endpoint_toolcall_export", args=[kind])
        report(f"export of one user as {kind}", lambda url=url: page(operator, f"{url}?user_id__exact=7"))
        report(f"export of a search as {kind}", lambda url=url: page(operator, f"{url}?q=client7"), 1)
    before = resident()
    report(
        "export of everything as csv",
        lambda: page(operator, reverse("admin:mcp_endpoint_toolcall_export", args=["csv"])),
        1,
    )
    print(f"{'memory, before that export and after':44}{before:>9,.0f}{resident():>9,.0f} MB", flush=True)


def resident() -> float:
    """The most memory that this process ever had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


def page(browser: Any, url: str) -> None:
    """Read a page to its end. Raises what it raises, and for anything but a page."""
    answer = browser.get(url)
    if answer.status_code != 200:
        raise SystemExit(f"{url} answered {answer.status_code}")
    for _ in answer.streaming_content if answer.streaming else ():
        pass


def report(label: str, act: Callable[[], Any], rounds: int = ROUNDS, aim: int | None = None) -> None:
    """A line about something that is done again and again."""
    from django.db import connection

    times, asked = [], []
    for _ in range(rounds):
        statements = Statements()
        with connection.execute_wrapper(statements):
            started = time.perf_counter()
            act()
            times.append((time.perf_counter() - started) * 1000)
        asked.append(statements)
    sql = median(each.seconds for each in asked) * 1000
    print(
        f"{label:44}{median(times):>9,.1f}{max(times):>9,.1f}{sql:>9,.1f}{asked[-1].number:>12,}{aim or '':>8}",
        flush=True,
    )


class Statements:
    """Counts statements and the seconds that the database takes for them. Keeps none, unlike Django's own log."""

    def __init__(self) -> None:
        self.number, self.seconds = 0, 0.0

    def __call__(self, execute: Callable[..., Any], *rest: Any) -> Any:
        started = time.perf_counter()
        try:
            return execute(*rest)
        finally:
            self.number += 1
            self.seconds += time.perf_counter() - started


if __name__ == "__main__":
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    (measure if sys.argv[2:] else main)(rows)
