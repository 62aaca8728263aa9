"""Silent event streams: cut by a proxy, kept open by comments, or left without a sign of life."""

from collections.abc import Iterator

import pytest

from mcpsite.doctor import silence
from mcpsite.doctor.site import Site
from tests.conftest import USERS
from tests.live import LiveServer
from tests.mcpsite.doctor.conftest import PREPARATION, Behind, named, only, reserved_port
from tests.mcpsite.doctor.nginx import Certificate, Nginx

LONG = 30
"""Seconds that no test waits: what it watches for comes long before."""
MOMENT = 4
"""Seconds to open a stream and watch it for a while."""
CUTTING = "proxy_buffering off; proxy_read_timeout 3s;"
"""What a proxy does that cuts silent streams."""


@pytest.fixture(scope="module")
def mute() -> Iterator[LiveServer]:
    """A site that sends a comment after an hour."""
    env = {"MCP_KEEP_ALIVE": "3600"}
    with LiveServer("uvicorn", settings="tests.clients.settings", env=env, users=USERS) as server:
        yield server


@pytest.fixture(scope="module")
def silent_token(mute: LiveServer) -> str:
    """A token for it."""
    return mute.manage("shell", "--no-imports", "-c", PREPARATION).split()[-1]


@pytest.fixture
def silent(mute: LiveServer) -> Site:
    """The same site as the doctor meets it."""
    return Site(f"{mute.url}/mcp")


def test_a_proxy_that_cuts_them(mute: LiveServer, silent_token: str, certificate: Certificate) -> None:
    port = reserved_port()
    block = f"location / {{ proxy_pass http://127.0.0.1:{mute.port}; proxy_set_header Host localhost; {CUTTING} }}"
    with Nginx(port, block, certificate):
        site = Site(f"https://localhost:{port}/mcp")
        found = only(silence.examine(site, silent_token, LONG), "proxy.timeout")
    assert found.level == "failure"
    assert found.got.startswith("cut after ")
    assert "proxy_read_timeout 1h" in found.mend


def test_comments_keep_them_open(behind: Behind, token: str) -> None:
    with behind() as site:
        (found,) = silence.examine(site, token, LONG)
    assert found.level == "ok"
    assert found.got.startswith("it stays open; a comment came after ")


def test_no_sign_of_life(silent: Site, silent_token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(silence, "SIGN_OF_LIFE", 0.5)
    assert named(silence.examine(silent, silent_token, MOMENT)) == {"streams.silence"}


def test_one_that_was_watched_for_a_moment_alone(silent: Site, silent_token: str) -> None:
    (found,) = silence.examine(silent, silent_token, MOMENT)
    assert found.level == "ok"
    assert found.got.startswith("still open after ")


def test_one_that_is_kept_back_is_told_of_once(behind: Behind, token: str) -> None:
    with behind("proxy_buffering on; proxy_ignore_headers X-Accel-Buffering;") as site:
        assert list(silence.examine(site, token, 1)) == []


def test_is_not_watched_where_nobody_wants_to_wait(behind: Behind, token: str) -> None:
    with behind() as site:
        (found,) = silence.examine(site, token, 0)
    assert found.level == "skipped"
