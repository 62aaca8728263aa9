"""A bounded pool whose threads never hold up the end of the process."""

import subprocess
import sys
import threading

import pytest

from mcp_endpoint.threads import Threads

PROGRAM = """
import threading
from mcp_endpoint.threads import Threads
begun = threading.Event()
Threads(1, "t", lambda: None).submit(lambda: (begun.set(), threading.Event().wait()))
begun.wait()
"""


def test_gives_results_and_failures() -> None:
    pool = Threads(2, "t", lambda: None)
    assert pool.submit(lambda a, b: a + b, 1, b=2).result() == 3
    with pytest.raises(ZeroDivisionError):
        pool.submit(lambda: 1 / 0).result()
    pool.shutdown()


def test_starts_no_more_than_it_may_and_runs_what_waits_afterwards() -> None:
    pool, gate, prepared = Threads(2, "t", lambda: prepared.append(1)), threading.Event(), list[int]()
    held = [pool.submit(gate.wait) for _ in range(2)]
    waiting = [pool.submit(threading.current_thread) for _ in range(4)]
    assert not any(one.done() for one in (*held, *waiting))
    gate.set()
    assert {one.result().name for one in waiting} <= {"t_0", "t_1"}
    assert len(prepared) == 2
    pool.shutdown()


def test_runs_nothing_that_was_given_up_while_it_waited() -> None:
    pool, gate, ran = Threads(1, "t", lambda: None), threading.Event(), list[int]()
    held, given_up = pool.submit(gate.wait), pool.submit(lambda: ran.append(1))
    assert given_up.cancel()
    gate.set()
    assert held.result()
    pool.submit(lambda: None).result()
    assert not ran
    pool.shutdown()


def test_ends_its_idle_threads_and_starts_others_when_there_is_work_again() -> None:
    pool = Threads(1, "t", lambda: None)
    first = pool.submit(threading.current_thread).result()
    pool.shutdown()
    first.join(10)
    assert not first.is_alive()
    assert pool.submit(threading.current_thread).result() is not first
    pool.shutdown()


def test_a_function_that_never_ends_does_not_keep_the_process() -> None:
    settings = "import os; os.environ['DJANGO_SETTINGS_MODULE'] = 'tests.settings'"
    done = subprocess.run([sys.executable, "-c", f"{settings}\n{PROGRAM}"], timeout=60, check=False)
    assert done.returncode == 0
