"""Aims beside their figures."""

import pytest

from benchmarks.verdicts import at_least, below, change, lines, ratio, within


def test_a_figure_meets_its_aim_from_the_aim_on() -> None:
    assert at_least("speed", 2.0, 2.0).met
    assert not at_least("speed", 1.99, 2.0).met


def test_a_limit_is_met_below_it_alone() -> None:
    assert below("seconds", 2.9, 3.0, " s").met
    assert not below("seconds", 3.0, 3.0, " s").met


def test_a_change_may_cost_ten_percent_and_gain_any() -> None:
    assert within("calls", -10.0).met
    assert within("calls", 50.0).met
    assert not within("calls", -10.1).met


def test_what_was_not_measured_misses_its_aim() -> None:
    verdict = at_least("speed", ratio(None, 5.0), 2.0)

    assert not verdict.met
    assert verdict.figure == "not measured"


def test_nothing_is_compared_with_a_figure_that_is_missing() -> None:
    assert ratio(5.0, None) is None
    assert change(None, 5.0) is None
    assert change(5.0, None) is None


def test_a_change_is_in_percent_of_what_was_before() -> None:
    assert change(100.0, 90.0) == pytest.approx(-10.0)


def test_a_line_says_what_came_of_it() -> None:
    [line] = lines([at_least("calls/s of another", 1.5, 2.0)])

    assert line.startswith("missed calls/s of another")
    assert "1.50 times" in line
    assert "(at least 2 times)" in line
