"""Refreshes of one process: who needs the same waits for it, and nobody who leaves takes it away from the others."""

import asyncio
import threading

import pytest

from accounts.upstream import tokens
from accounts.upstream.tokens import LinkNeededError
from mcp_endpoint.upstream import refreshes


class Provider:
    """Stands where the refresh in a thread is: counts, and waits to be let go."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.calls = 0
        self.go = threading.Event()
        self.error: Exception | None = None
        monkeypatch.setattr(tokens, "current_token", lambda *_: None)
        monkeypatch.setattr(tokens, "fresh_token", self.refresh)

    def refresh(self, user_id: int, provider: str, refused: str) -> str:
        self.calls += 1
        number = self.calls
        assert self.go.wait(10)
        if self.error is not None:
            raise self.error
        return f"token {number} of {user_id}"


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Provider:
    return Provider(monkeypatch)


async def begun(provider: Provider, calls: int) -> None:
    """Wait until so many refreshes run."""
    async with asyncio.timeout(10):
        while provider.calls < calls:
            await asyncio.sleep(0)


async def ask(user: int, refused: str = "") -> "asyncio.Task[str]":
    """A caller who has come as far as the refresh."""
    asking = asyncio.create_task(refreshes.refreshes().token(user, "github", refused))
    await asyncio.sleep(0)
    return asking


async def test_callers_at_once_share_one(provider: Provider) -> None:
    waiting = [await ask(1) for _ in range(20)]
    await begun(provider, 1)
    provider.go.set()
    assert set(await asyncio.gather(*waiting)) == {"token 1 of 1"}
    assert provider.calls == 1


async def test_other_users_have_their_own(provider: Provider) -> None:
    waiting = [await ask(user) for user in (1, 2)]
    await begun(provider, 2)
    provider.go.set()
    assert {text.rpartition(" ")[2] for text in await asyncio.gather(*waiting)} == {"1", "2"}


async def test_one_who_leaves_does_not_end_it_for_others(provider: Provider) -> None:
    first = await ask(1)
    await begun(provider, 1)
    second = await ask(1)
    first.cancel()
    provider.go.set()
    assert await second == "token 1 of 1"


async def test_a_token_that_is_refused_already_is_not_taken(provider: Provider) -> None:
    first = await ask(1)
    await begun(provider, 1)
    second = await ask(1, "token 1 of 1")
    provider.go.set()
    assert (await first, await second) == ("token 1 of 1", "token 2 of 1")


async def test_all_are_told_of_a_failure_and_the_next_tries_anew(provider: Provider) -> None:
    provider.error = LinkNeededError()
    waiting = [await ask(1) for _ in range(3)]
    await begun(provider, 1)
    provider.go.set()
    for each in waiting:
        with pytest.raises(LinkNeededError):
            await each
    provider.error = None
    assert await refreshes.token(1, "github") == "token 2 of 1"
