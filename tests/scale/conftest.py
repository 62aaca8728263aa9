"""Four processes and two people who use them, for the tests of any worker."""

from collections.abc import Iterator

import pytest

from tests import services
from tests.live import LiveServer
from tests.scale.crew import Talker, crew, talker


@pytest.fixture(scope="module")
def servers() -> Iterator[list[LiveServer]]:
    """A crew on the tests' Redis."""
    with crew(services.redis()) as started:
        yield started


@pytest.fixture(scope="module")
def alice(servers: list[LiveServer]) -> Iterator[Talker]:
    """Somebody's app."""
    made = talker(servers, "alice", "Any worker")
    with made.held:
        yield made


@pytest.fixture(scope="module")
def bob(servers: list[LiveServer]) -> Iterator[Talker]:
    """Somebody else's."""
    made = talker(servers, "bob", "Any worker too")
    with made.held:
        yield made
