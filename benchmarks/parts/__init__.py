"""What is measured, one module each, in the order of a run. `measure(bench)` returns a `Part`."""

from collections.abc import Callable

from benchmarks.part import Bench, Part
from benchmarks.parts import growth, idle, latency, lists, orm, start, tool_calls

PARTS: dict[str, Callable[[Bench], Part]] = {
    "calls": tool_calls.measure,
    "orm": orm.measure,
    "lists": lists.measure,
    "latency": latency.measure,
    "idle": idle.measure,
    "growth": growth.measure,
    "start": start.measure,
}
