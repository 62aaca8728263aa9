"""The conformance command must fail when it should: its reading of the suite's results."""

import json
from pathlib import Path

import pytest

from scripts.conformance import Run, read_result, score

NAMES = ("ping", "tools-list")


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """Results of a run in which both scenarios passed."""
    for name in NAMES:
        write(tmp_path, name, "SUCCESS")
    return tmp_path


def write(results: Path, name: str, *statuses: str, at: str = "2026-11-21T10-00-00-000Z") -> None:
    """What the suite writes after a scenario."""
    folder = results / f"server-{name}-{at}"
    folder.mkdir(exist_ok=True)
    checks = [{"id": name, "description": "does it", "status": status} for status in statuses]
    (folder / "checks.json").write_text(json.dumps(checks))


def test_a_run_in_which_everything_passed_is_good(results: Path) -> None:
    run = score("2025-11-25", NAMES, results)
    assert run.ok
    assert str(run) == "2025-11-25 2/2"


def test_one_failed_check_fails_the_run(results: Path) -> None:
    write(results, "ping", "SUCCESS", "FAILURE")
    run = score("2025-11-25", NAMES, results)
    assert not run.ok
    assert str(run) == "2025-11-25 1/2"


def test_a_required_scenario_that_was_not_run_fails_the_run(results: Path) -> None:
    assert not score("2025-11-25", (*NAMES, "caching"), results).ok


@pytest.mark.parametrize("statuses", [(), ("SKIPPED",), ("INFO", "WARNING")])
def test_a_scenario_that_checked_nothing_fails_the_run(results: Path, statuses: tuple[str, ...]) -> None:
    write(results, "ping", *statuses)
    assert not score("2025-11-25", NAMES, results).ok


def test_a_run_without_required_scenarios_is_not_good(results: Path) -> None:
    assert not score("2025-11-25", (), results).ok


def test_no_results_at_all_fail_the_run(tmp_path: Path) -> None:
    assert not score("2025-11-25", NAMES, tmp_path).ok


def test_a_scenario_that_is_not_required_may_fail(results: Path) -> None:
    write(results, "extra", "FAILURE")
    run = score("2025-11-25", NAMES, results)
    assert run.ok
    assert [scenario.name for scenario in run.others] == ["extra"]


def test_a_warning_is_kept_and_fails_nothing(results: Path) -> None:
    write(results, "ping", "SUCCESS", "WARNING")
    run = score("2025-11-25", NAMES, results)
    assert run.ok
    assert run.scored[0].warnings == ["ping: does it"]


def test_a_name_that_begins_like_another_is_its_own_scenario(tmp_path: Path) -> None:
    write(tmp_path, "json-schema", "FAILURE")
    write(tmp_path, "json-schema-preservation", "SUCCESS")
    assert score("2025-11-25", ("json-schema-preservation",), tmp_path).ok


def test_an_authorization_result_is_read_by_its_scenario(tmp_path: Path) -> None:
    name = "authorization-server-authorization-code-grant-2026-11-21T10-00-00-000Z"
    (tmp_path / name).mkdir()
    (tmp_path / name / "checks.json").write_text("[]")
    assert read_result(tmp_path / name / "checks.json").name == "authorization-code-grant"


def test_an_empty_run_is_not_good() -> None:
    assert not Run("nothing", [], []).ok
