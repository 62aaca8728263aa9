"""Two server processes that share a database and a Redis: access that ends in one is over in the other."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing

import pytest

from tests import services
from tests.clients.app import App
from tests.clients.test_http_sse import sse
from tests.clients.wire import Wire, events, modern_headers, refused
from tests.conftest import PASSWORD, USERS
from tests.live import LiveServer
from tests.person import Person

Pair = tuple[LiveServer, LiveServer]
PATIENCE = 10.0
"""Seconds of silence that fail a test; less than a stream's keep-alive, which would hide it."""


@pytest.fixture(scope="module")
def pair() -> Iterator[Pair]:
    """Uvicorn and Daphne. Their public URL has a free port in it, so nobody else on the Redis hears them."""
    redis, settings = services.redis(), "tests.clients.settings"
    with LiveServer("uvicorn", settings, {"REDIS_URL": redis}, users=USERS) as one:
        shared: dict[str, str | None] = {
            "REDIS_URL": redis,
            "PUBLIC_URL": one.url,
            "DATABASE_URL": one.environment()["DATABASE_URL"],
        }
        with LiveServer("daphne", settings, shared, users=USERS) as other:
            one.create_user("operator", PASSWORD, is_staff=True, is_superuser=True)
            yield one, other


def on_the_users_page(one: LiveServer, person: Person, app: App) -> None:
    pk = one.manage("shell", "--no-imports", "-c", PK.format(app.client_id)).strip()
    _post(person, f"/account/connections/{pk}/revoke/", {})


def in_admin(one: LiveServer, person: Person, app: App) -> None:
    pk = one.manage("shell", "--no-imports", "-c", PK.format(app.client_id)).strip()
    operator = Person(one.url, "operator", PASSWORD)
    with closing(operator.browser):
        _post(operator, "/admin/oauth_bridge/connection/", {"action": "revoke", "_selected_action": pk})


def by_a_command(one: LiveServer, person: Person, app: App) -> None:
    one.manage("shell", "--no-imports", "-c", SHELL + f"revoke_connections({CONNECTIONS.format(app.client_id)})")


def by_disabling_the_client(one: LiveServer, person: Person, app: App) -> None:
    chosen = f"Client.objects.filter(client_id={app.client_id!r})"
    one.manage("shell", "--no-imports", "-c", f"{SHELL}disable_clients({chosen})")


def by_deactivating_the_user(one: LiveServer, person: Person, app: App) -> None:
    line = "u = User.objects.get(username='bob'); u.is_active = False; u.save()"
    one.manage("shell", "--no-imports", "-c", f"from accounts.models import User\n{line}")


SHELL = (
    "from oauth_bridge.models import Client, Connection\n"
    "from oauth_bridge.revocation import disable_clients, revoke_connections\n"
)
CONNECTIONS = "Connection.objects.filter(client__client_id={0!r})"
PK = f"{SHELL}print({CONNECTIONS}.get().pk)"
WAYS: dict[Callable[[LiveServer, Person, App], None], str] = {
    on_the_users_page: "alice",
    in_admin: "alice",
    by_a_command: "alice",
    by_disabling_the_client: "alice",
    by_deactivating_the_user: "bob",
}


@pytest.mark.parametrize("end_access", WAYS, ids=lambda way: way.__name__)
def test_what_ends_in_one_process_is_over_in_the_other(
    pair: Pair, end_access: Callable[[LiveServer, Person, App], None]
) -> None:
    one, _ = pair
    with ExitStack() as open_things:
        person = Person(one.url, WAYS[end_access], PASSWORD)
        app = App(one.url, end_access.__name__)
        here, there = (Wire(server.url, app.connect(person)) for server in pair)
        for thing in (person.browser, app.http, here.http, there.http):
            open_things.enter_context(closing(thing))
        there.http.timeout = PATIENCE
        body = there.modern_body("subscriptions/listen", {"notifications": {"toolsListChanged": True}})
        listening = events(open_things.enter_context(there.stream(body, modern_headers(body))))
        next(listening)
        standing = events(open_things.enter_context(there.session().listen()))
        _, oldest = open_things.enter_context(sse(there))

        end_access(one, person, app)
        done = time.monotonic()

        for stream in (oldest, standing, listening):
            assert [event for event in stream if event.message.get("method")] == []
        print(f"{end_access.__name__}: all streams over {1000 * (time.monotonic() - done):.0f} ms after the answer")
        for wire in (here, there):
            refused(wire.call("greet", None, name="Ada"), 401)


def test_a_budget_holds_over_both_processes(pair: Pair) -> None:
    one, _ = pair
    with ExitStack() as open_things:
        person, app = Person(one.url, "alice", PASSWORD), App(one.url, "budget")
        wires = [Wire(server.url, app.connect(person)) for server in pair]
        for thing in (person.browser, app.http, *(wire.http for wire in wires)):
            open_things.enter_context(closing(thing))
        one.manage("shell", "--no-imports", "-c", f"{SHELL}{CONNECTIONS.format(app.client_id)}.update(calls_per_day=5)")
        with ThreadPoolExecutor(12) as pool:
            answers = list(pool.map(lambda turn: wires[turn % 2].call("greet", name="Ada").json(), range(12)))
    results = [answer["result"] for answer in answers]
    assert sum(not result.get("isError") for result in results) == 5
    over = [result["content"][0]["text"] for result in results if result.get("isError")]
    assert all("may call 5 tools in a day" in text for text in over)


def _post(person: Person, path: str, fields: dict[str, str]) -> None:
    page = person.open(path)
    assert page.status_code == 200, page.text
    form = {**fields, "csrfmiddlewaretoken": person.browser.cookies["csrftoken"]}
    headers = {"Origin": person.base_url, "Referer": str(page.url)}
    answered = person.browser.post(path, data=form, headers=headers)
    assert answered.status_code == 302, answered.text
