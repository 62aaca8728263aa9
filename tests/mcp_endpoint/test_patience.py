"""Waits of calls that are not done soon."""

import pytest

from mcp_endpoint import patience as module
from mcp_endpoint.patience import Patience
from tests.mcp_endpoint.driver import eventually


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SOON", 0.001)
    return


async def test_a_wait_that_is_not_cancelled_rings_once() -> None:
    rung: list[str] = []
    patience = Patience()
    patience.wait(lambda: rung.append("first"))
    await eventually(lambda: rung == ["first"])
    patience.wait(lambda: rung.append("second"))
    await eventually(lambda: rung == ["first", "second"])


async def test_waits_ring_in_their_order_and_the_cancelled_ones_never() -> None:
    rung: list[int] = []
    patience = Patience()
    waits = [patience.wait(lambda number=number: rung.append(number)) for number in range(4)]  # type: ignore[misc]
    waits[1].cancel()
    await eventually(lambda: 3 in rung)
    assert rung == [0, 2, 3]
