"""What the ledger's pages cost an operator with a million rows: part of `make bench`.

On an SQLite file, and on PostgreSQL where TEST_DATABASE_URL names a server. In one process, without HTTP.
`benchmarks/ledger_pages.py 10000` takes another number of rows.
"""

import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.live_database import fresh_database  # noqa: E402  (the project is importable only from here on)

ROWS = 1_000_000
DAYS = 30
TOOLS, CLIENTS, USERS = 40, 50, 1_000
BATCH = 1_000
"""As the ledger's writer has it."""
ROUNDS = 7
AIM = 100
"""Milliseconds of the overview."""


def main(rows: int) -> None:
    """Measure on each database, in a process of its own: a process has one."""
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        measure_apart(f"sqlite:///{directory}/db.sqlite3", rows)
    if os.environ.get("TEST_DATABASE_URL", "").startswith("postgres"):
        with fresh_database("ledger pages", lambda url: None) as url:
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
    from mcp_endpoint.ledger.overview import overview

    call_command("migrate", verbosity=0)
    started = time.perf_counter()
    fill(rows)
    seconds = time.perf_counter() - started
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")  # as its own daemon does after a while
    operator = Client(SERVER_NAME="localhost")
    operator.force_login(User.objects.create_superuser("operator"))
    ledger = reverse("admin:mcp_endpoint_toolcall_changelist")
    name = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}[connection.vendor]
    print(f"\nThe ledger's pages on {name}: {rows:,} rows of {DAYS} days, written at {rows / seconds:,.0f}/s")
    print(f"{'':44}{'p50 ms':>9}{'max ms':>9}{'statements':>12}{'aim ms':>8}")
    report("overview alone", lambda: overview(with_connections=True), aim=AIM)
    report("front page with the overview", lambda: page(operator, reverse("admin:index")))
    report("list, first page", lambda: page(operator, ledger))
    filters = {
        "by outcome (one in 50)": "outcome__exact=crashed",
        "by tool": "tool=tool7",
        "by tool and outcome": "tool=tool7&outcome__exact=crashed",
        "by user": "user_id__exact=7",
        "by client": "client_id__exact=client7",
        "by what there is none of": "tool=none",
        "a search": "q=tool7",
    }
    for label, query in filters.items():
        report(f"list, {label}", lambda query=query: page(operator, f"{ledger}?{query}"))
    for kind in ("csv", "json"):
        url = reverse("admin:mcp_endpoint_toolcall_export", args=[kind])
        report(f"export of one user as {kind}", lambda url=url: page(operator, f"{url}?user_id__exact=7"))
    report(
        "export of everything as csv",
        lambda: page(operator, reverse("admin:mcp_endpoint_toolcall_export", args=["csv"])),
        1,
    )


def fill(rows: int) -> None:
    """Write rows as the ledger's writer does, the oldest first."""
    from mcp_endpoint.ledger.rows import insert

    batch = []
    for row in calls(rows):
        batch.append(row)
        if len(batch) == BATCH:
            insert(batch)
            batch.clear()
    insert(batch)


def calls(rows: int) -> Iterator[Any]:
    """Calls of the last days, by few clients and users more than by others."""
    from tests.mcp_endpoint.ledger.samples import row

    chance = random.Random(7)  # noqa: S311
    now, step = time.time(), DAYS * 24 * 3600 / rows
    usual = row()
    for number in range(rows):
        user, client = int(USERS * chance.random() ** 2), int(CLIENTS * chance.random() ** 2)
        yield usual._replace(
            called_at=now - (rows - number) * step,
            user_id=user,
            user_name=f"user{user}",
            client_id=f"client{client}",
            client_name=f"Client {client}",
            connection_id=user * CLIENTS + client,
            tool=f"tool{chance.randrange(TOOLS)}",
            outcome="crashed" if chance.random() < 0.02 else "ok",
            duration_ms=chance.expovariate(0.01),
        )


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
    from django.test.utils import CaptureQueriesContext

    times = []
    for _ in range(rounds):
        with CaptureQueriesContext(connection) as asked:
            started = time.perf_counter()
            act()
            times.append((time.perf_counter() - started) * 1000)
    print(f"{label:44}{median(times):>9,.1f}{max(times):>9,.1f}{len(asked):>12,}{aim or '':>8}", flush=True)


if __name__ == "__main__":
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    (measure if sys.argv[2:] else main)(rows)
