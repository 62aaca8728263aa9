"""Where the channel layer and the caches live."""

import uuid

import pytest
from django.core.cache import caches
from django.test import override_settings

from mcpsite.models import CacheRow
from mcpsite.shared_state import shared_state_settings
from tests import services


def test_without_redis_the_layer_is_in_memory_and_so_is_what_can_be_fetched_again() -> None:
    found = shared_state_settings("", "https://one.example.com")
    assert "InMemory" in found["CHANNEL_LAYERS"]["default"]["BACKEND"]
    assert "locmem" in found["CACHES"]["fetched"]["BACKEND"]


@pytest.mark.django_db
def test_without_redis_tries_are_counted_in_a_table_that_migrations_made() -> None:
    with override_settings(CACHES=shared_state_settings("", "https://one.example.com")["CACHES"]):
        assert caches["default"].add("tries", [1, 2], 20)
        assert not caches["default"].add("tries", [3], 20)
        assert caches["default"].get("tries") == [1, 2]
    assert CacheRow.objects.get().cache_key.endswith("tries")


def test_what_one_site_keeps_on_redis_another_does_not_find() -> None:
    name = uuid.uuid4().hex
    redis = services.redis()
    with override_settings(CACHES=shared_state_settings(redis, f"https://{name}-one")["CACHES"]):
        caches["default"].set("code", "used", 20)
        assert caches["default"].get("code") == "used"
        caches["default"].close()
    with override_settings(CACHES=shared_state_settings(redis, f"https://{name}-two")["CACHES"]):
        assert caches["default"].get("code") is None
        caches["default"].close()


def test_processes_of_one_site_hear_each_other_and_no_other_site() -> None:
    layers = [
        shared_state_settings("redis://localhost", url)["CHANNEL_LAYERS"]["default"]["CONFIG"]["prefix"]
        for url in ("https://one", "https://one", "https://two", "https://one:8443")
    ]
    assert layers[0] == layers[1]
    assert len(set(layers)) == 3
