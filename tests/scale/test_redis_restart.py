"""A real Redis that goes away and comes back, empty: the bus recovers by itself."""

import shutil
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from channels.layers import channel_layers
from django.utils.module_loading import import_string

from mcp_endpoint.bus import MISSED, Bus
from mcpsite.shared_state import shared_state_settings
from tests.live import free_port
from tests.mcp_endpoint.driver import eventually
from tests.services import missing


class Redis:
    """A Redis of this test's own, which keeps nothing on disk."""

    def __init__(self, directory: Path) -> None:
        self._program = shutil.which("redis-server") or missing("redis-server is not installed.")
        self._directory, self._port = directory, free_port()
        self.url = f"redis://127.0.0.1:{self._port}/0"

    def start(self) -> None:
        options = ["--port", str(self._port), "--bind", "127.0.0.1", "--save", "", "--dir", str(self._directory)]
        self._process = subprocess.Popen([self._program, *options], stdout=subprocess.DEVNULL)

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Redis]:
    own = Redis(tmp_path)
    own.start()
    made = shared_state_settings(own.url, f"https://{uuid.uuid4().hex}")["CHANNEL_LAYERS"]["default"]
    previous = channel_layers.set("default", import_string(made["BACKEND"])(**made["CONFIG"]))
    yield own
    channel_layers.set("default", previous)
    own.stop()


async def test_two_processes_hear_each_other_again(redis: Redis) -> None:
    here, there = Bus(), Bus()
    heard: list[object] = []
    there.subscribe("news", lambda message: heard.append(message["n"]))
    there.subscribe(MISSED, lambda message: heard.append(MISSED))
    here.subscribe(MISSED, lambda message: heard.append("here"))
    await eventually(lambda: there._tried.is_set() and here._tried.is_set())
    redis.stop()
    await here.publish("news", n=1)
    redis.start()
    await eventually(lambda: {MISSED, "here"} <= set(heard))
    await here.publish("news", n=2)
    await eventually(lambda: heard[-1] == 2)
    assert 1 not in heard
