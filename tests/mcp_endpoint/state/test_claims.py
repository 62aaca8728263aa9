"""Claims of running calls on their ids, which all processes see."""

import asyncio

import pytest
from pytest_django import Settings

from mcp_endpoint import patience
from mcp_endpoint.state import claims
from mcp_endpoint.state.claims import Claim
from mcp_endpoint.state.lease import lease, process_key
from mcp_endpoint.state.redis_client import key
from tests.mcp_endpoint.conftest import Place
from tests.mcp_endpoint.driver import eventually


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "SOON", 0.001)
    return


def keys(place: Place) -> list[bytes]:
    """Of all claims there are."""
    return list(place.client.scan_iter(key("call", "*")))


def nobody_has_it() -> None:
    raise AssertionError("a claim was refused")


async def made(claim: Claim) -> Claim:
    """The claim, once it was granted or refused."""
    await eventually(lambda: claim._claiming is not None and claim._claiming.done())
    return claim


async def refused(request_id: int | str) -> bool:
    """Whether another process's claim on this id would be refused now."""
    own, lease().name = lease().name, "another"
    told: list[bool] = []
    claim = await made(Claim("s", request_id, lambda: told.append(True)))
    claim.release()
    await eventually(lambda: not claims._releasing)
    lease().name = own
    return bool(told)


async def test_an_id_is_used_by_one_process_at_a_time(on_redis: Place) -> None:
    claim = await made(Claim("s", 7, nobody_has_it))
    assert await refused(7)
    claim.release()
    await eventually(lambda: keys(on_redis) == [])
    assert not await refused(7)


async def test_ids_are_each_sessions_own_and_of_their_type(on_redis: Place) -> None:
    await made(Claim("other", 7, nobody_has_it))
    await made(Claim("s", "7", nobody_has_it))
    assert not await refused(7)


async def test_an_id_of_any_length_is_claimed(on_redis: Place) -> None:
    await made(Claim("s", "7" * 1_000_000, nobody_has_it))
    assert max(map(len, keys(on_redis))) < 200


async def test_a_process_that_is_gone_has_no_claims(on_redis: Place) -> None:
    await made(Claim("s", 7, nobody_has_it))
    gone, lease().name = lease().name, "another"
    on_redis.client.delete(process_key(gone))
    await made(Claim("s", 7, nobody_has_it))


async def test_claims_are_forgotten_some_time_after_their_process(on_redis: Place) -> None:
    await made(Claim("s", 7, nobody_has_it))
    (found,) = keys(on_redis)
    assert 0 < on_redis.expires_in(found.decode()) <= 300
    assert found.decode() in lease().keys


async def test_a_call_that_is_soon_over_claims_nothing(on_redis: Place) -> None:
    claim, later = Claim("s", 7, nobody_has_it), Claim("s", 8, nobody_has_it)
    claim.release()
    await made(later)
    assert len(keys(on_redis)) == 1


async def test_a_claim_is_given_back_though_its_call_ends_meanwhile(on_redis: Place) -> None:
    claim = Claim("s", 7, nobody_has_it)
    await eventually(lambda: claim._claiming is not None)
    claim.release()
    claim.release()
    await eventually(lambda: not lease().keys and keys(on_redis) == [])


async def test_while_redis_is_away_nothing_is_claimed(settings: Settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    claim = await made(Claim("s", 7, nobody_has_it))
    claim.release()


async def test_without_a_redis_nothing_is_claimed(settings: Settings) -> None:
    settings.REDIS_URL = ""
    claim, rung = Claim("s", 7, nobody_has_it), asyncio.Event()
    patience.patience().wait(rung.set)
    await rung.wait()
    assert claim._claiming is None
