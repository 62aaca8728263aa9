"""Two processes that keep checked tokens and believe them for an hour: what is changed is felt at the next call."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing

import pytest

from tests.clients.app import App
from tests.clients.wire import Wire, refused
from tests.conftest import PASSWORD, USERS
from tests.live import LiveServer
from tests.person import Person
from tests.scale.own_redis import OwnRedis

AN_HOUR = "3600"
SHELL = (
    "from accounts.models import User\n"
    "from oauth_bridge.models import Client, Connection\n"
    "from oauth_bridge.revocation import disable_clients\n"
    "connections = Connection.objects.filter(client__client_id={0!r})\n"
)


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnRedis]:
    own = OwnRedis(tmp_path_factory.mktemp("redis"))
    own.start()
    yield own
    own.stop()


@pytest.fixture(scope="module")
def pair(redis: OwnRedis) -> Iterator[tuple[LiveServer, LiveServer]]:
    """The process in which things are changed, and the one that must feel it."""
    shared: dict[str, str | None] = {"REDIS_URL": redis.url, "MCP_NEAR_CACHE_SECONDS": AN_HOUR}
    with LiveServer("daphne", "tests.clients.settings", shared, users=USERS) as one:
        shared |= {"PUBLIC_URL": one.url, "DATABASE_URL": one.environment()["DATABASE_URL"]}
        with LiveServer("uvicorn", "tests.clients.settings", shared, users=USERS) as other:
            yield one, other


class Scene:
    """Somebody's app, whose token the other process has checked and keeps."""

    def __init__(self, pair: tuple[LiveServer, LiveServer], name: str, user: str = "alice") -> None:
        self.here, there = pair
        self.person, self.app = Person(self.here.url, user, PASSWORD), App(self.here.url, name)
        self.there = Wire(there.url, self.app.connect(self.person))
        self._open = ExitStack()
        for thing in (self.person.browser, self.app.http, self.there.http):
            self._open.enter_context(closing(thing))
        for _ in range(2):
            assert "Hello, Ada!" in self.there.call("greet", name="Ada").text

    def __enter__(self) -> "Scene":
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def run(self, line: str) -> str:
        """What a program in a process of its own prints, which has this app's `connections`."""
        return self.here.manage("shell", "--no-imports", "-c", SHELL.format(self.app.client_id) + line).strip()


def revoking_the_token(scene: Scene) -> None:
    given = {"token": scene.app.tokens["access_token"], "client_id": scene.app.client_id}
    assert scene.app.http.post("/revoke/", data=given).status_code == 200


def refreshing_it(scene: Scene) -> None:
    given = {"grant_type": "refresh_token", "refresh_token": scene.app.tokens["refresh_token"]}
    assert scene.app.http.post("/token/", data={**given, "client_id": scene.app.client_id}).status_code == 200


def revoking_the_connection(scene: Scene) -> None:
    path = f"/account/connections/{scene.run('print(connections.get().pk)')}/revoke/"
    page = scene.person.open(path)
    form = {"csrfmiddlewaretoken": scene.person.browser.cookies["csrftoken"]}
    headers = {"Origin": scene.person.base_url, "Referer": str(page.url)}
    assert scene.person.browser.post(path, data=form, headers=headers).status_code == 302


def disabling_the_client(scene: Scene) -> None:
    scene.run(f"disable_clients(Client.objects.filter(client_id={scene.app.client_id!r}))")


def deactivating_the_user(scene: Scene) -> None:
    scene.run("user = User.objects.get(username='bob'); user.is_active = False; user.save()")


def saving_a_paused_connection(scene: Scene) -> None:
    scene.run("connection = connections.get(); connection.suspended = True; connection.save()")


def deleting_the_connection(scene: Scene) -> None:
    scene.run("connections.delete()")


WAYS: list[Callable[[Scene], None]] = [
    revoking_the_token,
    refreshing_it,
    revoking_the_connection,
    disabling_the_client,
    saving_a_paused_connection,
    deleting_the_connection,
    deactivating_the_user,
]


@pytest.mark.parametrize("end", WAYS, ids=lambda way: way.__name__)
def test_what_ends_in_one_process_is_refused_by_the_other_at_once(
    pair: tuple[LiveServer, LiveServer], end: Callable[[Scene], None]
) -> None:
    with Scene(pair, end.__name__, "bob" if end is deactivating_the_user else "alice") as scene:
        end(scene)
        done = time.monotonic()
        refused(scene.there.call("greet", name="Ada"), 401)
        print(f"{end.__name__}: refused by the other process {1000 * (time.monotonic() - done):.1f} ms later")


def test_a_budget_is_felt_at_the_next_call(pair: tuple[LiveServer, LiveServer]) -> None:
    with Scene(pair, "budget") as scene:
        scene.run("connection = connections.get(); connection.calls_per_day = 0; connection.save()")
        assert "may call 0 tools in a day" in scene.there.call("greet", name="Ada").text


def test_without_redis_every_call_asks_the_database(pair: tuple[LiveServer, LiveServer], redis: OwnRedis) -> None:
    with Scene(pair, "away") as scene:
        # By hand, so that nobody is told of it.
        scene.run("connections.update(suspended=True)")
        assert "Hello, Ada!" in scene.there.call("greet", name="Ada").text
        redis.stop()
        while "are not heard" not in pair[1].log_text():
            time.sleep(0.01)
        refused(scene.there.call("greet", name="Ada"), 401)
        scene.run("connections.update(suspended=False)")
        assert "Hello, Ada!" in scene.there.call("greet", name="Ada").text
