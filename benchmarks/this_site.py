"""This site as it is measured: one uvicorn process with the options of docs/operations.md, and a real token for it."""

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from benchmarks.machine import pinned
from benchmarks.peers.servers import UVICORN, Server
from tests.clients.app import App
from tests.live import LiveServer
from tests.person import Person

SETTINGS = "benchmarks.site_settings"
USERNAME, PASSWORD = "bench", "a passphrase for one run"
CACHED, DATABASE = "this site, token cache", "this site, database check"
CHECKS = {
    CACHED: "a lookup in a cache that Redis invalidates in every process, then expiry, audience and state",
    DATABASE: "one query on SQLite (token, connection, client, user), over a connection that stays open",
}
NO_LIMITS = {
    "OAUTH_REGISTRATION_RATE": "1000000/h/ip",
    "OAUTH_REGISTRATION_RATE_ALL": "1000000/h",
    "MCP_MAX_SESSIONS_PER_USER": "100000",
    "MCP_MAX_STREAMS_PER_USER": "100000",
    "MCP_MAX_CALLS_PER_USER": "100000",
}
"""One address and one user make all of the load here."""


class Site(LiveServer):
    """The site with a database file of its own; `token` is there once somebody has allowed it."""

    token = ""

    def as_server(self, name: str) -> Server:
        """As the other servers are described."""
        return Server(name, self.pid, f"{self.url}/mcp", self.token)


@contextmanager
def running(
    core: int | None,
    redis: str = "",
    tools: int = 0,
    settings: str = SETTINGS,
    arguments: tuple[str, ...] = (),
    environment: Mapping[str, str] | None = None,
) -> Iterator[Site]:
    """The site on a core, with somebody's access token; with a Redis where one is named."""
    given = {**NO_LIMITS, "BENCH_TOOLS": str(tools), "REDIS_URL": redis, **(environment or {})}
    with ExitStack() as held:
        with pinned(core), _on_sqlite():
            site = held.enter_context(Site("uvicorn", settings, given, (*UVICORN, *arguments), {USERNAME: PASSWORD}))
        site.manage("shell", "--no-imports", "-c", _GROUP)
        app, person = App(site.url), Person(site.url, USERNAME, PASSWORD)
        with closing(app.http), closing(person.browser):
            site.token = app.connect(person)
        yield site


@contextmanager
def _on_sqlite() -> Iterator[None]:
    """Everybody is measured on an SQLite file, also where there is a PostgreSQL server for tests."""
    url = os.environ.pop("TEST_DATABASE_URL", None)
    try:
        yield
    finally:
        if url is not None:
            os.environ["TEST_DATABASE_URL"] = url


@contextmanager
def served(name: str, core: int | None, redis: str = "") -> Iterator[Server]:
    """The same, as the other servers are described."""
    with running(core, redis) as site:
        yield site.as_server(name)


_GROUP = "from django.contrib.auth.models import Group; Group.objects.create(name='readers')"


def database_of(site: Site) -> Path:
    """The SQLite file of a running site."""
    return Path(site.environment()["DATABASE_URL"].removeprefix("sqlite:///"))
