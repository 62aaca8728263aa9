"""What the processes of one site share: the channel layer and the caches, on Redis when there is one."""

from typing import Any
from urllib.parse import urlsplit

CACHE_TABLE = "mcpsite_cache"
CONNECT_SECONDS = 2
ANSWER_SECONDS = 10
"""More than the five that the channel layer lets Redis wait for a message."""
MEMBER_SECONDS = 300
"""A process that was killed is sent nothing after so long; living ones join again more often."""
CAPACITY = 10_000
"""Messages that may wait for one process."""
MOST_ROWS = 10_000
"""Of the default cache in the database: tries of that many people or addresses are counted at one time."""


def shared_state_settings(redis_url: str, public_url: str) -> dict[str, Any]:
    """CHANNEL_LAYERS and CACHES.

    In the default cache allauth counts tries to sign in. Without a Redis it is a table, since tries would else be
    counted by each process for itself; what was `fetched` from others, and the layer, are in one process's memory.

    Everything is under the host of `public_url`, so that sites on one Redis do not hear each other.
    """
    if not redis_url:
        memory = {"BACKEND": "channels.layers.InMemoryChannelLayer", "CONFIG": {"capacity": CAPACITY}}
        return {
            "CHANNEL_LAYERS": {"default": memory},
            "CACHES": {
                "default": {
                    "BACKEND": "django.core.cache.backends.db.DatabaseCache",
                    "LOCATION": CACHE_TABLE,
                    "OPTIONS": {"MAX_ENTRIES": MOST_ROWS},
                },
                "fetched": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
            },
        }
    from redis.backoff import NoBackoff  # only here: a site without Redis starts faster without it
    from redis.retry import Retry

    prefix = f"mcp:{urlsplit(public_url).netloc}"
    # Never tried again unseen: the bus must know when it was cut off, for it may have missed something.
    patience = {"socket_connect_timeout": CONNECT_SECONDS, "retry": Retry(NoBackoff(), 0)}
    layer = {
        # Each process has a queue of its own on Redis, which outlives a broken connection, and an error reaches who
        # listens. The layer on pub/sub loses what is sent meanwhile, and tells nobody.
        "BACKEND": "channels_redis.core.RedisChannelLayer",
        "CONFIG": {
            "hosts": [{"address": redis_url, "socket_timeout": ANSWER_SECONDS, **patience}],
            "prefix": f"{prefix}:bus:",
            "capacity": CAPACITY,
            "group_expiry": MEMBER_SECONDS,
        },
    }
    cache = {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": redis_url,
        "KEY_PREFIX": f"{prefix}:cache",
        "OPTIONS": {"socket_timeout": CONNECT_SECONDS, **patience},
    }
    return {"CHANNEL_LAYERS": {"default": layer}, "CACHES": {"default": cache, "fetched": cache}}
