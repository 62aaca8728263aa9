"""Asks the toolkit as it comes, in a process of its own, and prints as JSON which findings it has."""

import json
from collections.abc import Callable, Iterator
from inspect import isfunction
from typing import Any

from django.core.management import call_command
from django.test.utils import setup_test_environment

from tests.oauth_bridge.stock import crashes, interop, others, security
from tests.oauth_bridge.stock.flow import Stock


def probes() -> Iterator[Callable[[Stock], bool]]:
    """Every public function of the modules of probes."""
    for module in (security, interop, crashes, others):
        for name, probe in vars(module).items():
            if isfunction(probe) and probe.__module__ == module.__name__ and not name.startswith("_"):
                yield probe


def main() -> None:
    """Run every probe, each with a user and clients of its own."""
    setup_test_environment()
    call_command("migrate", verbosity=0)
    found: dict[str, Any] = {}
    for probe in probes():
        try:
            found[probe.__name__] = probe(Stock())
        except Exception as error:
            found[probe.__name__] = repr(error)
    print(json.dumps(found))
