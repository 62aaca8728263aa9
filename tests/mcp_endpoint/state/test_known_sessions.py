"""What a process keeps of the sessions on Redis for a moment."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from channels.layers import channel_layers
from django.utils.module_loading import import_string
from pytest_django import Settings

from mcp_endpoint.state.bus import bus
from mcp_endpoint.state.redis_sessions import RedisSessions, known_sessions, session_key
from mcp_endpoint.state.sessions import SESSION_ENDED, tell_changed
from mcpsite.shared_state import shared_state_settings
from tests.mcp_endpoint.conftest import Place
from tests.mcp_endpoint.driver import eventually
from tests.mcp_endpoint.state.samples import record


@pytest.fixture
async def told(on_redis: Place, settings: Settings) -> AsyncIterator[Place]:
    """A Redis over which every change reaches every process, so that what was looked up may be kept."""
    shared = shared_state_settings(settings.REDIS_URL, settings.PUBLIC_URL)["CHANNEL_LAYERS"]["default"]
    layer = import_string(shared["BACKEND"])(**shared["CONFIG"])
    previous = channel_layers.set("default", layer)
    await eventually(lambda: known_sessions() is not None and bus().hears_all)
    yield on_redis
    channel_layers.set("default", previous)
    await layer.close_pools()


async def test_a_session_is_looked_up_once_until_it_changes(told: Place) -> None:
    """The change is told by another process here."""
    store, kept = RedisSessions(), record()
    await store.create(kept)
    assert len(known_sessions()) == 0
    assert await store.load(kept.id) == kept
    told.client.hset(session_key(kept.id), "level", "error")
    assert await store.load(kept.id) == kept
    await tell_changed(kept.id)
    await eventually(lambda: known_sessions().get(kept.id) is None)
    assert await store.load(kept.id) == replace(kept, log_level="error")
    told.client.delete(session_key(kept.id))
    await bus().publish(SESSION_ENDED, session=kept.id)
    await eventually(lambda: known_sessions().get(kept.id) is None)
    assert await store.load(kept.id) is None


async def test_what_a_session_agrees_on_holds_everywhere_before_any_word_of_it(told: Place) -> None:
    """HTTP+SSE: the process that has the stream knows the session from before another one serves `initialize`."""
    store, before = RedisSessions(), replace(record(), client_info={}, capabilities={})
    await store.create(before)
    assert await store.load(before.id) == before
    agreed = {"client": '{"name":"tests","version":"1"}', "capabilities": '{"elicitation":{}}'}
    told.client.hset(session_key(before.id), mapping=agreed)
    found = await store.load(before.id)
    assert found is not None
    assert found.capabilities == {"elicitation": {}}
