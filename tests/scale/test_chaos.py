"""Any worker, any moment: four of them behind a round-robin, one killed every two seconds, 200 clients of all eras."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx

from tests import services
from tests.clients.app import App
from tests.conftest import PASSWORD, USERS
from tests.live import NO_AUTHORITIES, LiveServer
from tests.person import Person
from tests.scale.chaos.clients import Client, Modern, OldSession, Session
from tests.scale.chaos.round_robin import RoundRobin
from tests.scale.chaos.sse_client import Sse
from tests.scale.chaos.tally import Tally
from tests.scale.chaos.workers import Killer, workers

WORKERS = 4
MODERN, SESSIONS, OLD_SESSIONS, SSE = 60, 80, 30, 30
WATCHERS = 40
"""How many of the sessions keep their standing stream open."""
CALLS = 20
"""Of each client; every tenth asks the person."""
ANNOUNCEMENTS = 12
SPARE = 24
"""Pieces of news that can be told of: one whose call was not answered is not told of again."""
LAST_NEWS_SECONDS = 300.0


Work = Callable[[], Coroutine[Any, Any, None]]


async def test_no_call_no_event_and_no_session_is_lost(tmp_path: Path) -> None:
    tally, log = Tally(), tmp_path / "workers.log"
    async with RoundRobin() as front:
        url = f"http://localhost:{front.port}"
        services.database()
        env = {"REDIS_URL": services.redis(), "PUBLIC_URL": url}
        with LiveServer("uvicorn", "tests.scale.chaos.settings", env, users=USERS) as site:
            front.ports = [site.port]
            tokens = await asyncio.to_thread(_tokens, url)
            site.stop()
            with workers(WORKERS, site.environment(), log) as servers:
                await asyncio.gather(*(server.start() for server in servers))
                front.ports, killer = [server.port for server in servers], Killer(servers)
                limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
                async with httpx.AsyncClient(base_url=url, timeout=60, verify=NO_AUTHORITIES, limits=limits) as http:
                    await _run(http, tokens, tally, killer)
    print(f"\n{WORKERS} workers, {killer.kills} killed")
    print("\n".join(tally.lines()))
    assert tally.wrong == []
    assert tally.lost == []
    assert tally.answered.total() == CALLS * (MODERN + SESSIONS + OLD_SESSIONS + SSE) + ANNOUNCEMENTS
    assert set(tally.responses.values()) == {1}
    assert killer.kills > 0
    assert "Traceback" not in log.read_text(), log.read_text()[-4000:]


def _tokens(site: str) -> list[str]:
    found = []
    for username in USERS:
        person, app = Person(site, username, PASSWORD), App(site)
        with closing(person.browser), closing(app.http):
            found.append(app.connect(person))
    return found


async def _run(http: httpx.AsyncClient, tokens: list[str], tally: Tally, killer: Killer) -> None:
    kinds: list[type[Client]] = [*[Modern] * MODERN, *[Session] * SESSIONS, *[OldSession] * OLD_SESSIONS, *[Sse] * SSE]
    clients = [kind(http, tokens[turn % len(tokens)], tally) for turn, kind in enumerate(kinds)]
    sessions = [client for client in clients if isinstance(client, Session)]
    await _each(session.start for session in sessions)
    uris = [f"news://{number}" for number in range(SPARE)]
    watching = [asyncio.ensure_future(session.watch(uris)) for session in sessions[:WATCHERS]]
    await _until(lambda: len(tally.heard) == WATCHERS, watching)

    killing = asyncio.ensure_future(killer.run())
    try:
        announcer = Announcer(http, tokens[0], tally)
        await _each([announcer.run, *(_calls(client) for client in clients)])
    finally:
        killing.cancel()
        await asyncio.wait({killing})
    told = {f"news://{number}" for number in announcer.told}
    await _until(lambda: all(told <= set(heard) for heard in tally.heard.values()), watching)
    for task in watching:
        task.cancel()
    await asyncio.gather(*(client.close() for client in clients if isinstance(client, Sse)))
    assert {times for heard in tally.heard.values() for times in heard.values()} == {1}


def _calls(client: Client) -> Work:
    async def run() -> None:
        for number in range(1, CALLS + 1):
            await client.call("echo" if number % 10 else "confirm", number)

    return run


class Announcer(Modern):
    """Tells the watchers of one piece of news after another; `told` are those whose call was answered."""

    def __init__(self, http: httpx.AsyncClient, token: str, tally: Tally) -> None:
        super().__init__(http, token, tally)
        self.told: list[int] = []
        self._next = 0

    async def run(self) -> None:
        """Spread over the run of the other clients."""
        while len(self.told) < ANNOUNCEMENTS:
            before = self.tally.answered.total()
            await self.insist(self._announce)
            self.tally.answered[self.era] += 1
            while self.tally.answered.total() < before + 200:
                await asyncio.sleep(0.1)

    async def _announce(self) -> dict[str, object]:
        number, self._next = self._next, self._next + 1
        outcome = await self.attempt("tools/call", {"name": "announce", "arguments": {"number": number}})
        self.told.append(number)
        return outcome


async def _each(work: Iterable[Work]) -> None:
    async with asyncio.TaskGroup() as group:
        for begin in work:
            group.create_task(begin())


async def _until(condition: Callable[[], bool], watching: Sequence[asyncio.Future[None]]) -> None:
    """Wait for a condition while nothing that watches has failed."""
    async with asyncio.timeout(LAST_NEWS_SECONDS):
        while not condition():
            for task in watching:
                if task.done():
                    task.result()
            await asyncio.sleep(0.05)
