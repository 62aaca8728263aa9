"""Copies of the site for the tests of its start."""

from pathlib import Path

import pytest

from tests.mcpsite.copies import copy_site, give_environment


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """The site as a clone has it."""
    return copy_site(tmp_path / "site-copy")


@pytest.fixture
def installed(clone: Path) -> Path:
    """The site after its requirements were installed."""
    give_environment(clone)
    return clone
