"""The tools that every server here has. Peers import this module too, so it needs the standard library alone."""

import os
from collections.abc import Callable, Iterator
from typing import Any

LISTED = int(os.environ.get("BENCH_TOOLS", "0"))
"""How many tools the server has; 0 for `greet` alone."""


async def forecast(city: str, days: int = 3, metric: bool = True) -> str:
    """Forecast the weather of a city for some days, in metric units or those of the United States."""
    return f"{city}: sun for {days} days, {'20 °C' if metric else '68 °F'}"


def listed(greet: Callable[..., Any]) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Names and functions of all the tools: `greet`, and as many forecasts as make up the number."""
    yield "greet", greet
    for number in range(1, LISTED):
        yield f"forecast_{number}", forecast
