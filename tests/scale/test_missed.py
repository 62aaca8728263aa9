"""What ended while Redis was away ends streams when it is back: of connections, of tokens alone, of scopes."""

from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from tests.clients.wire import Event, Wire, events, modern_headers, refused
from tests.conftest import PASSWORD
from tests.person import Person
from tests.scale.lone import Lone, lone
from tests.scale.own_redis import OwnRedis

FIND = (
    "from oauth_bridge import revocation as r\nfrom oauth_bridge.models import Connection, ConnectionAccessToken\n"
    "c = Connection.objects.get(user__username={0!r})\n"
)
CHANGES = {
    "alice": "r.revoke_access_token_alone(ConnectionAccessToken.objects.get(connection=c).access_token)",
    "bob": "r.narrow_connection(c.pk, c.scope_set, read_only=True)",
    "carol": "r.revoke_connections(Connection.objects.filter(pk=c.pk))",
}
PATIENCE = 30.0
"""Seconds of silence that fail a test; keep-alives come less often."""


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[OwnRedis]:
    own = OwnRedis(tmp_path)
    own.start()
    yield own
    own.stop()


@pytest.fixture
def site(redis: OwnRedis) -> Iterator[Lone]:
    with lone("uvicorn", {"REDIS_URL": redis.url, "MCP_KEEP_ALIVE": "600"}) as found:
        yield found


def listening(site: Lone, username: str, streams: ExitStack) -> tuple[Wire, Iterator[Event]]:
    wire = site.wire(username)
    wire.http.timeout = PATIENCE
    body = wire.modern_body("subscriptions/listen", {"notifications": {"toolsListChanged": True}})
    stream = events(streams.enter_context(wire.stream(body, modern_headers(body))))
    next(stream)
    return wire, stream


def test_streams_end_whose_access_ended_meanwhile(site: Lone, redis: OwnRedis) -> None:
    with ExitStack() as streams:
        opened = {username: listening(site, username, streams) for username in (*CHANGES, "dave")}

        redis.stop()
        for username, change in CHANGES.items():
            # Another process, whose notice of it goes nowhere.
            site.server.manage("shell", "--no-imports", "-c", FIND.format(username) + change)
        assert_sign_in_is_closed_for_now(site)
        redis.start()

        for username in CHANGES:
            assert [event for event in opened[username][1] if event.message.get("method")] == [], username
        refused(opened["alice"][0].call("greet", None, name="Ada"), 401)
        assert opened["dave"][0].call("greet", None, name="Ada").status_code == 200
        dave = Person(site.server.url, "dave", PASSWORD)
        streams.enter_context(closing(dave.browser))
        assert dave.open("/account/connections/").status_code == 200
        site.signal()
        assert next(opened["dave"][1]).message["result"]["resultType"] == "complete"  # open all the time


def assert_sign_in_is_closed_for_now(site: Lone) -> None:
    """Tries to sign in are counted on Redis: without it there are none, and the page says so."""
    person = Person(site.server.url, "dave", PASSWORD)
    with closing(person.browser):
        page = person.open("/account/connections/")
    assert (page.status_code, page.headers["Retry-After"]) == (503, "2")
    assert "cannot reach its own storage" in page.text
