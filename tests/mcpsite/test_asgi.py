"""What the application does when its server has started."""

import gc
from collections.abc import Iterator

import pytest

from mcpsite import asgi


@pytest.fixture
def thawed() -> Iterator[None]:
    """The tests' own garbage collector as it was."""
    thresholds = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*thresholds)


def test_what_is_there_at_the_start_is_not_looked_through_again(thawed: None, monkeypatch: pytest.MonkeyPatch) -> None:
    *newest, _ = gc.get_threshold()
    monkeypatch.setattr(asgi, "watch_signals", lambda: None)
    monkeypatch.setattr(asgi, "warn_of_siblings", lambda: None)
    asgi.started()
    assert gc.get_freeze_count() > 10_000
    assert gc.get_threshold() == (*newest, 100)
