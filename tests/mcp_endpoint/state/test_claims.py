"""Claims of running calls on their ids, which all processes see."""

import pytest
from pytest_django import Settings

from mcp_endpoint.state import claims
from mcp_endpoint.state.claims import Claim
from mcp_endpoint.state.lease import lease, process_key
from mcp_endpoint.state.redis_client import RedisAwayError, key
from tests.mcp_endpoint.conftest import Place
from tests.mcp_endpoint.driver import eventually


def keys(place: Place) -> list[bytes]:
    """Of all claims there are."""
    return list(place.client.scan_iter(key("call", "*")))


def nobody_has_it() -> None:
    raise AssertionError("a claim was refused")


async def made(claim: Claim) -> Claim:
    """The claim, once it was granted or refused."""
    await eventually(claim._claiming.done)
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


async def test_a_claim_is_given_back_though_its_call_ends_meanwhile(on_redis: Place) -> None:
    Claim("s", 7, nobody_has_it).release()
    await eventually(lambda: not claims._releasing and not lease().keys and keys(on_redis) == [])


async def test_a_claim_is_given_back_once_redis_can_take_it(on_redis: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that went unanswered may have been granted."""
    attempts: list[str] = []

    class Away:
        async def __call__(self, keys: tuple[str, ...], owner: str) -> None:
            attempts.append(owner)
            if len(attempts) < 3:
                raise RedisAwayError
            await release(keys, owner)

    release = claims._RELEASE
    monkeypatch.setattr(claims, "_RELEASE", Away())
    monkeypatch.setattr(claims, "PAUSE", 0)
    claim = await made(Claim("s", 7, nobody_has_it))
    claim.release()
    await eventually(lambda: not claims._releasing)
    assert keys(on_redis) == []


async def test_while_redis_is_away_nobody_is_told_that_an_id_is_taken(settings: Settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    await made(Claim("s", 7, nobody_has_it))
