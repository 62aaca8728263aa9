"""Load that is sent, and what is read of it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from benchmarks.bench import hello
from benchmarks.calls import Request, WrongAnswerError
from benchmarks.load import Round, Target, measure_in_turn, read_round
from benchmarks.machine import ROOT, cpu_seconds, descriptors, family, free_port, private_bytes, resident_bytes
from benchmarks.paced import summary
from benchmarks.peers.servers import Server


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """The bare app."""
    with hello(None) as running:
        yield running


def test_a_round_is_read_in_seconds_and_milliseconds() -> None:
    assert read_round("noise\nRESULT 1000 2000000 0 1500 9000\n", cpu=0.1) == Round(500.0, 1.5, 9.0, 100.0)


@pytest.mark.parametrize("printed", ["RESULT 1000 2000000 1 1500 9000", "RESULT 0 2000000 0 0 0"])
def test_a_round_in_which_a_call_failed_or_none_was_made_is_none(printed: str) -> None:
    with pytest.raises(WrongAnswerError):
        read_round(printed, cpu=0.1)


def test_the_answer_is_read_before_a_round(server: Server) -> None:
    Request(server.url, "world").check()

    with pytest.raises(WrongAnswerError, match="200"):
        Request(server.url, "something else").check()


def test_a_target_with_a_wrong_answer_is_left_out_and_says_so(server: Server) -> None:
    target = Target("hello", "", server.pid, Request(server.url, "something else"))

    measure_in_turn([target], None, rounds=2)

    assert not target.is_measured
    assert "200" in str(target.result()["problem"])


def test_a_server_that_is_not_there_is_a_problem_of_its_target_alone() -> None:
    target = Target("nobody", "", os.getpid(), Request(f"http://127.0.0.1:{free_port()}/", ""))

    measure_in_turn([target], None, rounds=1)

    assert target.problem


def test_each_request_has_a_number_of_its_own() -> None:
    assert Request("", "", {}, {"method": "ping"}).text == '{"jsonrpc": "2.0", "id": @ID@, "method": "ping"}'


@pytest.mark.parametrize("headers", ["Content-Type: application/json\nAccept: */*", ""])
def test_a_pace_is_kept_with_every_call_answered(server: Server, headers: str) -> None:
    environment = {**os.environ, "BENCH_BODY": '{"id": @ID@}', "BENCH_HEADERS": headers}
    command = [sys.executable, "-m", "benchmarks.paced", server.url, "200", "0.5"]

    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)

    found = json.loads(done.stdout)
    assert (found["calls"], found["failed"]) == (100, 0)
    assert 0 < found["p50"] <= found["p99"] <= found["max"]


def test_percentiles_are_those_of_the_calls_that_came_back() -> None:
    latencies = [number / 1000 for number in range(100, 0, -1)]

    assert summary(latencies, 101) == {"calls": 101, "failed": 1, "p50": 51.0, "p90": 91.0, "p99": 100.0, "max": 100.0}
    assert summary([], 5) == {"calls": 5, "failed": 5}


def test_a_process_is_weighed_with_its_children(server: Server) -> None:
    assert server.pid in family(os.getpid())
    assert resident_bytes(os.getpid()) > resident_bytes(server.pid) > private_bytes(server.pid) > 0
    assert cpu_seconds(server.pid) > 0
    assert descriptors(server.pid) > 3
