"""What is open now: streams and running calls of this process, sessions of all processes where Redis has them."""

import logging
from dataclasses import dataclass

from mcp_endpoint.conf import conf
from mcp_endpoint.in_flight import in_flight
from mcp_endpoint.redis_client import key
from mcp_endpoint.sessions import InProcessSessions, sessions

logger = logging.getLogger(__name__)

SECONDS = 0.5
"""For a connection to Redis, and for its answer: a page does not wait longer for a figure."""


@dataclass(frozen=True, slots=True)
class OpenNow:
    """How much is open."""

    streams: int
    """And running calls, in this process: each process knows its own."""
    sessions: int | None
    """None where Redis, which keeps them, does not answer."""
    sessions_are_shared: bool
    """Whether the sessions are those of all processes."""


def open_now() -> OpenNow:
    """What is open as far as this process knows."""
    running, store = in_flight.of_a_running_loop(), sessions()
    streams = 0 if running is None else len(running)
    if isinstance(store, InProcessSessions):
        return OpenNow(streams, len(store), sessions_are_shared=False)
    return OpenNow(streams, shared_sessions(), sessions_are_shared=True)


def shared_sessions() -> int | None:
    """Sessions in Redis that were used within their lifetime; None when it does not answer."""
    from redis import Redis, RedisError  # only here: a site without Redis starts faster

    redis = Redis.from_url(conf().redis_url, socket_timeout=SECONDS, socket_connect_timeout=SECONDS)
    try:
        seconds, microseconds = redis.time()
        oldest = int((seconds - conf().session_idle) * 1000 + microseconds / 1000)
        return int(redis.zcount(key("sessions"), f"({oldest}", "+inf"))
    except RedisError as error:
        logger.warning("How many sessions there are is not known: %s", type(error).__name__)
        return None
    finally:
        redis.close()
