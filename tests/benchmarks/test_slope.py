"""Whether readings stay where they are."""

import pytest

from benchmarks.slope import slope


def test_what_fills_in_the_beginning_does_not_count() -> None:
    assert slope([10, 50, 90, 100, 100, 100, 100, 100, 100]).growth == 0


def test_a_steady_rise_is_seen() -> None:
    line = slope([float(100 + minute) for minute in range(31)])

    assert line.growth == pytest.approx(20)
    assert line.start == pytest.approx(110)
    assert not line.is_flat(5)


def test_noise_is_no_rise() -> None:
    assert slope([100, 101, 99, 100, 101, 99, 101, 99, 100]).is_flat(1)


def test_falling_is_flat() -> None:
    assert slope([9, 8, 7, 6, 5, 4, 3]).is_flat(0)


def test_one_reading_says_nothing() -> None:
    with pytest.raises(ValueError, match="Two readings"):
        slope([1.0])
