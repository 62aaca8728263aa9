"""What the overview says is open: of one process, or of all that share a Redis."""

import pytest
from asgiref.sync import sync_to_async
from pytest_django import Settings

from mcp_endpoint.ledger.open_now import OpenNow, open_now
from mcp_endpoint.state.in_flight import in_flight
from mcp_endpoint.state.lease import Lease, lease, process_key, processes_key
from mcp_endpoint.state.sessions import SessionRecord, sessions
from tests.live import free_port
from tests.mcp_endpoint.conftest import Place
from tests.mcp_endpoint.people import principal


async def begin(*owners: str) -> list[str]:
    """Sessions of these owners; their ids."""
    records = [SessionRecord(owner, "default", "2025-11-25", {}, {}) for owner in owners]
    for record in records:
        await sessions().create(record)
    return [record.id for record in records]


async def test_sessions_are_counted_where_they_are_kept(place: Place) -> None:
    first, _ = await begin("1:a", "2:b")
    assert await sync_to_async(open_now)() == OpenNow(0, 2, of_all=place.redis)
    await sessions().delete(first)
    assert (await sync_to_async(open_now)()).sessions == 1


async def test_sessions_that_redis_forgot_are_not_counted(on_redis: Place, settings: Settings) -> None:
    await begin("1:a")
    settings.MCP_SESSION_IDLE = 0
    assert (await sync_to_async(open_now)()).sessions == 0


async def test_without_redis_the_number_is_not_known(on_redis: Place, settings: Settings) -> None:
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"
    assert (await sync_to_async(open_now)()).sessions is None


async def test_streams_of_other_processes_are_counted_as_long_as_they_live(on_redis: Place) -> None:
    await lease().hold()
    here, other = lease().name, Lease()
    stream = in_flight().stream(principal())
    await other._renew()
    assert (await sync_to_async(open_now)()).streams == 2
    on_redis.client.delete(process_key(other.name))
    assert await sync_to_async(open_now)() == OpenNow(1, 0, of_all=True)
    stream.leave()
    assert (await sync_to_async(open_now)()).streams == 0
    assert on_redis.client.smembers(processes_key()) == {here.encode()}


@pytest.mark.django_db
def test_the_front_page_says_so(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    from mcp_endpoint.ledger import overview
    from tests.mcp_endpoint.ledger.test_overview import figure, front_page
    from tests.oauth_bridge.operator import superuser

    operator = superuser()
    for now, shown in (
        (OpenNow(3, 2, of_all=False), "2 now, in this process"),
        (OpenNow(3, 2, of_all=True), "2 now, in all processes"),
        (OpenNow(3, None, of_all=False), "? Redis does not answer"),
    ):
        monkeypatch.setattr(overview, "open_now", lambda now=now: now)
        page = front_page(operator)
        assert " ".join(page.find("dt", string="Sessions").find_next("dd").get_text(" ").split()) == shown
        assert figure(page, "Open streams and running calls") == "3"
        streams = page.find("dt", string="Open streams and running calls").find_next("dd").get_text(" ")
        assert ("in all processes" in streams) == now.of_all
