"""What the figures are aimed at, and whether they got there."""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Verdict:
    """One aim beside its figure. A figure that could not be measured misses its aim."""

    what: str
    aim: str
    figure: str
    met: bool

    @property
    def word(self) -> str:
        return "met" if self.met else "missed"

    def result(self) -> dict[str, object]:
        """What goes into the file of results."""
        return asdict(self)


def at_least(what: str, figure: float | None, least: float, unit: str = " times") -> Verdict:
    """A figure that is to be this much or more."""
    return _verdict(what, f"at least {least:g}{unit}", figure, unit, lambda value: value >= least)


def below(what: str, figure: float | None, most: float, unit: str) -> Verdict:
    """A figure that is to stay under this."""
    return _verdict(what, f"under {most:g}{unit}", figure, unit, lambda value: value < most)


def within(what: str, change: float | None, most: float = 10.0) -> Verdict:
    """A change in percent that costs no more than this; becoming cheaper is no fault."""
    return _verdict(what, f"within {most:g} %", change, " %", lambda value: value >= -most, "+")


def _verdict(
    what: str, aim: str, figure: float | None, unit: str, is_met: Callable[[float], bool], sign: str = "-"
) -> Verdict:
    if figure is None:
        return Verdict(what, aim, "not measured", False)
    return Verdict(what, aim, f"{figure:{sign}.2f}{unit}", is_met(figure))


def change(before: float | None, after: float | None) -> float | None:
    """By how many percent `after` is more than `before`; None where one of them is missing."""
    return None if not before or after is None else (after / before - 1) * 100


def ratio(figure: float | None, other: float | None) -> float | None:
    """How many times `other` a figure is; None where one of them is missing."""
    return None if figure is None or not other else figure / other


def lines(verdicts: Iterable[Verdict]) -> list[str]:
    """One line of text for each, for people."""
    return [f"{each.word:7}{each.what:88}{each.figure:>14}  ({each.aim})" for each in verdicts]
