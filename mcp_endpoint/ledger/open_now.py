"""What is open now: streams, running calls and sessions of all processes where Redis has them, else of this one."""

import logging
from dataclasses import dataclass
from typing import Any

from mcp_endpoint.conf import conf
from mcp_endpoint.state.in_flight import in_flight
from mcp_endpoint.state.lease import lease, process_key, processes_key
from mcp_endpoint.state.redis_client import key
from mcp_endpoint.state.sessions import InProcessSessions, sessions

logger = logging.getLogger(__name__)

SECONDS = 0.5
"""For a connection to Redis, and for its answer: a page does not wait longer for a figure."""


@dataclass(frozen=True, slots=True)
class OpenNow:
    """How much is open."""

    streams: int
    """And running calls; of the other processes as they were a second ago."""
    sessions: int | None
    """None where Redis, which keeps them, does not answer."""
    of_all: bool
    """Whether it is that of all processes, and not of this one alone."""


def open_now() -> OpenNow:
    """What is open, as far as this process can know."""
    running, store = in_flight.of_a_running_loop(), sessions()
    here = 0 if running is None else len(running)
    if isinstance(store, InProcessSessions):
        return OpenNow(here, len(store), of_all=False)

    from redis import Redis, RedisError  # only here: a site without Redis starts faster

    redis = Redis.from_url(conf().redis_url, socket_timeout=SECONDS, socket_connect_timeout=SECONDS)
    try:
        return OpenNow(here + _streams_elsewhere(redis), _sessions(redis), of_all=True)
    except RedisError as error:
        logger.warning("What is open in other processes is not known: %s", type(error).__name__)
        return OpenNow(here, None, of_all=False)
    finally:
        redis.close()


def _streams_elsewhere(redis: Any) -> int:
    own = lease.of_a_running_loop()
    names = sorted(name.decode() for name in redis.smembers(processes_key()))
    others = [name for name in names if own is None or name != own.name]
    if not others:
        return 0
    open_there = dict(zip(others, redis.mget(map(process_key, others)), strict=True))
    if gone := [name for name, number in open_there.items() if number is None]:
        redis.srem(processes_key(), *gone)
    return sum(int(number) for number in open_there.values() if number)


def _sessions(redis: Any) -> int:
    """Those that were used within their lifetime."""
    seconds, microseconds = redis.time()
    oldest = int((seconds - conf().session_idle) * 1000 + microseconds / 1000)
    return int(redis.zcount(key("sessions"), f"({oldest}", "+inf"))
