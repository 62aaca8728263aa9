"""Two processes with many threads each ask for a token that has ended: the provider is asked once."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping

import pytest

from tests.fake_github import FakeGitHub
from tests.live import ROOT
from tests.live_database import Layer, fresh_database
from tests.services import database

PROCESSES, THREADS = 2, 6
MAKE_ALICE = """
from datetime import timedelta
from django.utils import timezone
from accounts.models import UpstreamAccount, User
from accounts.upstream.vault import Tokens, seal
user = User.objects.create_user("alice")
now = timezone.now()
UpstreamAccount.objects.create(
    user=user, provider="github", uid="1", sealed=seal(Tokens("{access}", "{refresh}"), user.pk, "github"),
    linked_at=now - timedelta(hours=8), expires_at=now - timedelta(minutes=1), **{fields},
)
print(user.pk)
"""
LEFT_BEHIND = "{'lease': 'a process that died', 'lease_until': now + timedelta(seconds=1)}"


def manage(environment: Mapping[str, str], *command: str) -> str:
    """Output of a management command."""
    done = subprocess.run(
        [sys.executable, "manage.py", *command], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout


@pytest.fixture
def github() -> Iterator[FakeGitHub]:
    with FakeGitHub() as running:
        running.slowness = 0.5
        yield running


@pytest.fixture(params=["sqlite", "postgresql"])
def environment(
    request: pytest.FixtureRequest, github: FakeGitHub, monkeypatch: pytest.MonkeyPatch
) -> Iterator[dict[str, str]]:
    """Of processes of one site, on each database in turn."""
    if request.param == "postgresql":
        database()
    else:
        monkeypatch.delenv("TEST_DATABASE_URL", raising=False)
    site = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings", "SECRET_KEY": "k" * 50}
    site |= {name: value for name, value in github.settings().items() if value}

    def fill(url: str) -> None:
        manage({**site, "DATABASE_URL": url}, "migrate", "--verbosity", "0")

    with fresh_database(Layer("migrated for refreshes", fill)) as url:
        yield {**site, "DATABASE_URL": url}


def all_at_once(environment: Mapping[str, str], github: FakeGitHub, fields: str = "{}") -> list[str]:
    """The tokens that all threads of all processes got for an account whose token has ended."""
    given = github.issue()
    script = MAKE_ALICE.format(access=given["access_token"], refresh=given["refresh_token"], fields=fields)
    user = manage(environment, "shell", "--no-imports", "-c", script).strip()
    command = [sys.executable, "-m", "tests.accounts.upstream.refresher", user, str(THREADS)]
    processes = [
        subprocess.Popen(command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(PROCESSES)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    return [token for process in processes for token in json.loads(process.communicate(timeout=60)[0])]


def test_the_provider_is_asked_once_and_all_get_the_new_token(environment: dict[str, str], github: FakeGitHub) -> None:
    tokens = all_at_once(environment, github)

    assert github.refreshes == 1
    assert len(tokens) == PROCESSES * THREADS
    assert set(tokens) == {github.given[2]}


def test_a_process_that_died_while_it_refreshed_holds_up_nobody_for_long(
    environment: dict[str, str], github: FakeGitHub
) -> None:
    tokens = all_at_once(environment, github, LEFT_BEHIND)

    assert github.refreshes == 1
    assert set(tokens) == {github.given[2]}
