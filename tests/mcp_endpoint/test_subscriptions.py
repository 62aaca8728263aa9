"""What a 2025 session keeps for its stream."""

import pytest

from mcp_endpoint import resource, subscriptions
from mcp_endpoint.state.sessions import sessions
from tests.mcp_endpoint.conftest import Site
from tests.mcp_endpoint.eras import Session
from tests.mcp_endpoint.people import Somebody, let_in, principal

pytestmark = pytest.mark.usefixtures("place")
"""All of it in one process, and on Redis."""


@pytest.fixture(autouse=True)
def declared(site: Site) -> None:
    resource("notes://{name}")(lambda name: "")
    resource("guarded://{name}", permission="notes.view")(lambda name: "")


async def kept(session: Session) -> set[str]:
    record = await sessions().load(session.id)
    assert record is not None
    return record.subscriptions


async def test_a_subscription_is_kept(site: Site) -> None:
    session = await site.session()
    assert (await session.ask("resources/subscribe", {"uri": "notes://a"})).result == {}
    assert await kept(session) == {"notes://a"}


async def test_a_subscription_ends(site: Site) -> None:
    session = await site.session()
    await session.ask("resources/subscribe", {"uri": "notes://a"})
    assert (await session.ask("resources/unsubscribe", {"uri": "notes://a"})).result == {}
    assert await kept(session) == set()


async def test_one_that_was_never_made_can_be_ended(site: Site) -> None:
    assert (await (await site.session()).ask("resources/unsubscribe", {"uri": "notes://a"})).result == {}


@pytest.mark.parametrize("uri", ["unknown://a", "guarded://a"])
async def test_what_the_user_may_not_read_cannot_be_subscribed_to(site: Site, uri: str) -> None:
    answer = await (await site.session()).ask("resources/subscribe", {"uri": uri})
    assert answer.error == {"code": -32602, "message": "Unknown resource", "data": {"uri": uri}}


async def test_what_the_user_has_the_permission_for_can_be_subscribed_to(site: Site) -> None:
    let_in("carol", principal(Somebody(3, "carol", {"notes.view"})))
    session = await site.session("carol")
    assert (await session.ask("resources/subscribe", {"uri": "guarded://a"})).result == {}


async def test_a_session_has_a_limit_of_subscriptions(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscriptions, "MAX_SUBSCRIPTIONS", 1)
    session = await site.session()
    await session.ask("resources/subscribe", {"uri": "notes://a"})
    answer = await session.ask("resources/subscribe", {"uri": "notes://b"})
    assert answer.error == {"code": -32602, "message": "A session can have 1 subscriptions"}


async def test_a_subscription_that_is_there_already_fits_any_limit(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscriptions, "MAX_SUBSCRIPTIONS", 1)
    session = await site.session()
    for _ in range(2):
        answer = await session.ask("resources/subscribe", {"uri": "notes://a"})
    assert answer.result == {}
