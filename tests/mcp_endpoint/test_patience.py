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


async def test_longer_waits_ring_in_the_order_of_their_times() -> None:
    rung: list[str] = []
    patience = Patience()
    patience.wait(lambda: rung.append("long"), seconds=0.05)
    patience.wait(lambda: rung.append("short"), seconds=0.01)
    patience.wait(lambda: rung.append("soon"))
    await eventually(lambda: len(rung) == 3)
    assert rung == ["soon", "short", "long"]


async def test_a_longer_wait_can_be_cancelled_when_it_has_begun() -> None:
    rung: list[str] = []
    patience = Patience()
    wait = patience.wait(lambda: rung.append("cancelled"), seconds=0.01)
    await eventually(lambda: wait._timer is not None)
    wait.cancel()
    patience.wait(lambda: rung.append("later"), seconds=0.02)
    await eventually(lambda: "later" in rung)
    assert rung == ["later"]
