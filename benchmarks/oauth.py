"""Complete flows per second, and what each of their steps costs: part of `make bench`.

In one process and one thread on SQLite, without HTTP: what is measured is the authorization server itself.
"""

import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

FLOWS, WARM_UP = 100, 10
STEPS = ("register", "consent page", "decision", "token", "refresh")
AIMS = {"register": 5, "consent page": 6, "decision": 8, "token": 12, "refresh": 14}
"""Most SQL statements of each step, BEGIN and COMMIT included."""

Measure = Callable[[str, Callable[[], Any]], Any]


def main() -> None:
    """Go the whole way again and again, and print the medians."""
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        browser = prepare(Path(directory) / "db.sqlite3")
        for number in range(WARM_UP):
            go(browser, f"warm-up {number}", lambda step, act: act())
        statements = count_statements(browser)
        times: dict[str, list[float]] = {step: [] for step in STEPS}
        for number in range(FLOWS):
            go(browser, f"flow {number}", clock(times))
        close()
    seconds = sum(map(sum, times.values()))
    print(f"\nOAuth on SQLite, one thread: {FLOWS / seconds:,.0f} flows/s of {FLOWS} flows")
    print(f"{'':34}{'p50 ms':>9}{'statements':>12}{'aim':>6}")
    for step in STEPS:
        print(f"{step:34}{median(times[step]) * 1000:>9.1f}{statements[step]:>12}{AIMS[step]:>6}")


def prepare(database: Path) -> Any:
    """A site with an empty database, and the browser of somebody who is signed in."""
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "mcpsite.settings",
        "DATABASE_URL": f"sqlite:///{database}",
        "PUBLIC_URL": "http://localhost:8000",
        "SECRET_KEY": "one-benchmark-only-" + "0" * 50,
        "DEBUG": "False",
        "OAUTH_REGISTRATION_RATE": "1000000/h/ip",
        "OAUTH_REGISTRATION_RATE_ALL": "1000000/h",
    }
    import django

    django.setup()
    from django.contrib.auth import get_user_model
    from django.core.management import call_command
    from django.test import Client
    from django.test.utils import setup_test_environment

    setup_test_environment()
    call_command("migrate", verbosity=0)
    browser = Client()
    browser.force_login(get_user_model().objects.create_user("bench"))
    return browser


def go(browser: Any, name: str, measure: Measure) -> None:
    """Register, be asked for consent, give it, and trade the code and then the refresh token."""
    from tests.oauth_bridge.flows import Flow, answer_of, consent_form, register

    answer = measure("register", lambda: register(browser, client_name=name))
    flow = Flow(browser, answer.json()["client_id"])
    page = measure("consent page", lambda: browser.get(flow.authorize_url()))
    decision = consent_form(page).answer("allow")
    back = measure("decision", lambda: browser.post(flow.authorize_url(), decision))
    first = measure("token", lambda: flow.exchange(answer_of(back)["code"]))
    second = measure("refresh", lambda: flow.refresh(first.json()["refresh_token"]))
    if (page.status_code, second.status_code) != (200, 200):
        sys.exit(f"A flow failed: {page.status_code}, {second.content!r}")


def clock(times: dict[str, list[float]]) -> Measure:
    """A measure that notes the seconds of each step."""

    def measure(step: str, act: Callable[[], Any]) -> Any:
        began = perf_counter()
        answer = act()
        times[step].append(perf_counter() - began)
        return answer

    return measure


def count_statements(browser: Any) -> dict[str, int]:
    """The SQL statements of each step."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    statements: dict[str, int] = {}

    def measure(step: str, act: Callable[[], Any]) -> Any:
        with CaptureQueriesContext(connection) as queries:
            answer = act()
        statements[step] = len(queries)
        return answer

    go(browser, "counted", measure)
    return statements


def close() -> None:
    """Let go of the database before its directory goes."""
    from django.db import connections

    connections.close_all()


if __name__ == "__main__":
    main()
