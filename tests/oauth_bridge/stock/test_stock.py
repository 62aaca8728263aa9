"""The findings are there in the toolkit as it comes: so the tests that hold them here prove something."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from tests.live import ROOT

START = "import django; django.setup(); from tests.oauth_bridge.stock.probes import main; main()"
FINDINGS = [
    *("a1", "a2", "a3", "a4", "a6", "a7", "a8", "a9", "a10"),
    *("b2", "b4", "b6", "c1", "c3_name", "c3_resource", "c4", "c5"),
]


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    """Which findings a process that has nothing of this site in it came upon."""
    done = subprocess.run(
        [sys.executable, "-c", START],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.oauth_bridge.stock.site"},
        check=True,
        capture_output=True,
        text=True,
    )
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


@pytest.mark.parametrize("finding", FINDINGS)
def test_the_toolkit_as_it_comes_has(found: dict[str, Any], finding: str) -> None:
    """`probes.py` says what each one is; a name that ends otherwise than True was mended upstream."""
    assert found[finding] is True
