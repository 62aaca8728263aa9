"""The findings are there in the toolkit as it comes: so the tests that hold them here prove something."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from tests.live import ROOT
from tests.oauth_bridge.stock.findings import HAS, HAS_NOT

START = "import django; django.setup(); from tests.oauth_bridge.stock.probes import main; main()"


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Which findings a process that has nothing of this site in it came upon."""
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.oauth_bridge.stock.site",
        "STOCK_DATABASE": str(tmp_path_factory.mktemp("stock") / "db.sqlite3"),
    }
    done = subprocess.run(
        [sys.executable, "-c", START], cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True
    )
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


@pytest.mark.parametrize("finding", HAS)
def test_the_toolkit_as_it_comes_has(found: dict[str, Any], finding: str) -> None:
    """The probe of that name says what it is; one that ends otherwise than True was mended upstream."""
    assert found[finding] is True


@pytest.mark.parametrize("finding", HAS_NOT)
def test_the_toolkit_as_it_comes_has_not(found: dict[str, Any], finding: str) -> None:
    """What we take from it as it is."""
    assert found[finding] is False


def test_every_probe_is_a_finding(found: dict[str, Any]) -> None:
    assert sorted(found) == sorted([*HAS, *HAS_NOT])
