"""A real Redis that goes away and comes back, empty: the bus recovers by itself."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from channels.layers import channel_layers
from django.utils.module_loading import import_string

from mcp_endpoint.state.bus import MISSED, Bus
from mcpsite.shared_state import shared_state_settings
from tests.mcp_endpoint.driver import eventually
from tests.scale.own_redis import OwnRedis


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[OwnRedis]:
    own = OwnRedis(tmp_path)
    own.start()
    made = shared_state_settings(own.url, f"https://{uuid.uuid4().hex}")["CHANNEL_LAYERS"]["default"]
    previous = channel_layers.set("default", import_string(made["BACKEND"])(**made["CONFIG"]))
    yield own
    channel_layers.set("default", previous)
    own.stop()


async def test_two_processes_hear_each_other_again(redis: OwnRedis) -> None:
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
